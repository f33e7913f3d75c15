import { DurableObject } from 'cloudflare:workers'
import { bodyOf, frame, numberOf } from './relay-frames.ts'

const NOTHING = new Uint8Array()

/**
 * The smallest relay that this runtime can run: an object, and one binary message each way for a request. It checks nothing,
 * knows no tokens, and survives no reconnect. What it costs no relay can save.
 */
export class TunnelObject extends DurableObject {
  readonly #waiting = new Map<number, (answer: Uint8Array) => void>()
  #home: WebSocket | undefined
  #last = 0

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') === 'websocket') return this.#connect()
    const home = this.#home
    if (home === undefined) return new Response(null, { status: 503 })
    const body = request.body === null ? NOTHING : await request.arrayBuffer()
    this.#last += 1
    const number = this.#last
    const answer = await new Promise<Uint8Array>((resolve) => {
      this.#waiting.set(number, resolve)
      home.send(frame(number, body))
    })
    return new Response(answer)
  }

  #connect(): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.binaryType = 'arraybuffer'
    this.#home = server
    server.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') return
      const message = data as ArrayBuffer
      this.#waiting.get(numberOf(message))?.(bodyOf(message))
      this.#waiting.delete(numberOf(message))
    })
    return new Response(null, { status: 101, webSocket: client })
  }
}

export default {
  fetch(request: Request, env: { TUNNEL: DurableObjectNamespace }) {
    return env.TUNNEL.get(env.TUNNEL.idFromName('floor')).fetch(request)
  },
}
