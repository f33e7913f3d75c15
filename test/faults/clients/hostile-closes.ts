import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { HomeChild } from '../home-child.ts'
import type { Outcome } from '../outcome.ts'
import { SUBSCRIBE_PATH } from './subscriber.ts'
import { until } from '../../support/until.ts'
import type { Violation } from '../violation.ts'

const SOCKETS = 6
const LIVE_MS = 45_000
/** A broken rule is answered at once; what a pause of the machine may add is in it. */
const ENDED_MS = 5_000

/**
 * Followers by WebSocket that send a close frame whose code nobody may send, and then wait. Their connection is ended for them
 * (RFC 6455, section 7.1.7), and what held them must be free afterwards: the run looks at its end that no stream is open at
 * home for somebody who has left.
 */
export async function closeWithCode(
  arena: { readonly home: HomeChild; readonly clientLink: { readonly port: number } },
  code: number,
  limitMs = ENDED_MS,
): Promise<Outcome> {
  let closed = 0
  let kept = 0
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
        const late = setTimeout(() => {
          kept += 1
          socket.terminate()
        }, limitMs)
        const over = () => {
          clearTimeout(late)
          socket.terminate()
        }
        raw.once('end', over).once('close', over)
      })
    })
  }
  // Another fault may refuse them: then they come again.
  const met = async () => {
    await Promise.all(Array.from({ length: SOCKETS }, leave))
    return closed > 0
  }
  await until('a WebSocket is closed', met, LIVE_MS)
  const violations: Violation[] = []
  if (kept > 0) {
    const text = `${kept} of ${closed} WebSockets that were closed with ${code} are open after ${limitMs} ms`
    violations.push({ check: 'front', kind: 'unreleased', text })
  }
  return { effect: `closed ${closed} WebSockets with ${code}`, violations }
}
