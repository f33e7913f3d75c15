import { sendBytes } from '../gateway/raw-http.ts'

/** The head of the request that a connection began with; undefined if it is not complete. */
export function headOf(opening: Buffer): string | undefined {
  const text = opening.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  return end === -1 ? undefined : text.slice(0, end + 4)
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
