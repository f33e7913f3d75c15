import { DurableObject } from 'cloudflare:workers'
import { bodyOf, frame, numberOf } from './relay-frames.ts'

const NOTHING = new Uint8Array()

interface Bulk {
  readonly number: number
  readonly writer: WritableStreamDefaultWriter<Uint8Array>
  /** Bytes that have not come from home. */
  left: number
}

/**
 * The smallest relay that this runtime can run: an object, and one binary message each way for a request. It checks nothing,
 * knows no tokens, and survives no reconnect. What it costs no relay can save.
 */
export class TunnelObject extends DurableObject {
  readonly #waiting = new Map<number, (answer: Uint8Array) => void>()
  #home: WebSocket | undefined
  #last = 0
  #bulk: Bulk | undefined

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') === 'websocket') return this.#connect()
    const home = this.#home
    if (home === undefined) return new Response(null, { status: 503 })
    const path = request.url.slice(request.url.indexOf('/', 'https://'.length))
    if (path.startsWith('/bulk')) return this.#startBulk(home, new URL(request.url).searchParams)
    if (path === '/small') return new Response(await this.#answer((n) => home.send(`small ${n}`)))
    const body = request.body === null ? NOTHING : await request.arrayBuffer()
    return new Response(await this.#answer((number) => home.send(frame(number, body))))
  }

  #answer(ask: (number: number) => void): Promise<Uint8Array> {
    this.#last += 1
    const number = this.#last
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve)
      ask(number)
    })
  }

  /** One at a time: the next one takes its place. */
  #startBulk(home: WebSocket, asked: URLSearchParams): Response {
    const [bytes, piece, ahead] = ['bytes', 'piece', 'ahead'].map((name) => Number(asked.get(name)))
    const { readable, writable } = new FixedLengthStream(bytes ?? 0)
    this.#last += 1
    this.#bulk = { number: this.#last, writer: writable.getWriter(), left: bytes ?? 0 }
    home.send(`bulk ${this.#last} ${bytes} ${piece} ${ahead}`)
    return new Response(readable)
  }

  /** Home may send another piece when the client has this one: a client that does not read holds home back. */
  async #pass(bulk: Bulk, piece: Uint8Array): Promise<void> {
    bulk.left -= piece.length
    const isLast = bulk.left <= 0
    await bulk.writer.write(piece)
    if (isLast) await bulk.writer.close()
    else this.#home?.send('more')
  }

  #connect(): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.binaryType = 'arraybuffer'
    this.#home = server
    server.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') return
      const message = data as ArrayBuffer
      const number = numberOf(message)
      if (number === this.#bulk?.number) {
        // It fails when the client has gone, and then home gets no more credit.
        this.#pass(this.#bulk, bodyOf(message)).catch(() => {})
        return
      }
      this.#waiting.get(number)?.(bodyOf(message))
      this.#waiting.delete(number)
    })
    return new Response(null, { status: 101, webSocket: client })
  }
}

export default {
  fetch(request: Request, env: { TUNNEL: DurableObjectNamespace }) {
    return env.TUNNEL.get(env.TUNNEL.idFromName('floor')).fetch(request)
  },
}
