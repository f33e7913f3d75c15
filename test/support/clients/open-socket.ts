import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Stage } from '../gateway/stage.ts'

/** A public WebSocket with the owner's bearer unless you give another; resolves when it is open. */
export async function openSocket(
  stage: Stage,
  path: string,
  protocols: readonly string[] = [],
  bearer: string = stage.identity.bearer,
): Promise<WebSocket> {
  const url = `ws://localhost:${stage.gateway.port}${path}`
  const socket = new WebSocket(url, [...protocols], {
    headers: { authorization: `Bearer ${bearer}` },
    perMessageDeflate: false,
  })
  await once(socket, 'open')
  return socket
}

/** How a WebSocket ends. */
export async function ending(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return { code, reason: reason.toString() }
}
