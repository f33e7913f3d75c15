import { sendBytes } from '../../support/clients/raw-http.ts'

/**
 * The handshake among the requests that a connection began with (a question for its challenge comes first); undefined if it is
 * not there, or not complete.
 */
export function handshakeOf(opening: Buffer): string | undefined {
  const heads = opening.toString('latin1').split('\r\n\r\n').slice(0, -1)
  const handshake = heads.find((head) => /^upgrade: *websocket$/im.test(head))
  return handshake === undefined ? undefined : `${handshake}\r\n\r\n`
}

/**
 * Sends a recorded handshake once more, on a connection of its own, as whoever listens on the way could.
 * @returns the status that it is answered with; 0: none
 */
export async function replayHandshake(port: number, head: string): Promise<number> {
  // What the gateway refuses it ends by itself only if it is asked to.
  const answer = await sendBytes(port, head, 1_000).catch((error: Error) => error.message)
  return Number(/HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}
