import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Arena } from './arena.ts'
import type { Outcome } from './outcome.ts'
import { SUBSCRIBE_PATH } from './subscriber.ts'
import { until } from '../gateway/until.ts'

const SOCKETS = 6
const LIVE_MS = 45_000

/**
 * Followers by WebSocket that leave with a close frame whose code nobody may send. What holds them must be free
 * afterwards: the run looks at its end that no stream is open at home for somebody who has left.
 */
export async function closeWithCode(arena: Arena, code: number): Promise<Outcome> {
  let closed = 0
  const leave = async (): Promise<void> => {
    const socket = new WebSocket(`ws://localhost:${arena.clientLink.port}${SUBSCRIBE_PATH}`, {
      headers: { authorization: `Bearer ${arena.home.bearer}` },
      perMessageDeflate: false,
      handshakeTimeout: LIVE_MS,
    })
    socket.on('error', () => {})
    socket.on('message', () => {})
    await new Promise<void>((resolve) => {
      socket.once('close', resolve)
      socket.once('open', () => {
        const { _socket: raw } = socket as unknown as { readonly _socket: Socket }
        const mask = randomBytes(4)
        const payload = [code >> 8, code & 0xff].map((byte, at) => byte ^ (mask[at] ?? 0))
        raw.write(Uint8Array.of(0x88, 0x82, ...mask, ...payload))
        closed += 1
        // Whether or not the other side answers it, a client like this does not wait long.
        setTimeout(() => socket.terminate(), 200)
      })
    })
  }
  // Another fault may refuse them: then they come again.
  const met = async () => {
    await Promise.all(Array.from({ length: SOCKETS }, leave))
    return closed > 0
  }
  await until('a WebSocket is closed', met, LIVE_MS)
  return { effect: `closed ${closed} WebSockets with ${code}`, violations: [] }
}
