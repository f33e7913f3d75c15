import type { WebSocket } from 'ws'
import { readWire, type FrameText } from './wire-text.ts'
import { rawTunnel } from './raw-tunnel.ts'
import type { TestIdentity } from '../test-identity.ts'

/** A connection driven by the test, which has greeted, and the frames that came on it. */
export interface RawHome {
  readonly socket: WebSocket
  readonly frames: readonly FrameText[]
  /** Targets of the requests that came, in order. */
  targets(): string[]
}

export async function aRawHome(port: number, identity: TestIdentity): Promise<RawHome> {
  const socket = await rawTunnel(port, identity)
  const frames: FrameText[] = []
  socket.on('message', (data: Buffer) => frames.push(...readWire(data)))
  const targets = () =>
    frames.flatMap(({ type, json }) =>
      type === 'OPEN' ? [(json as { readonly target: string }).target] : [],
    )
  return { socket, frames, targets }
}
