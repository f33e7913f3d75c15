import { createParser, type EventSourceParser } from 'eventsource-parser'
import { CLOSE } from '../../protocol/close-code.ts'
import type { ClientSink, ClientSinkEvents } from './client-sink.ts'

/** How often it is looked whether a client has taken what it was sent: the platform has no event for it. */
const LOOK_MS = 50
const HEARTBEAT = '{"event":"heartbeat"}'

/** A client that reads the same events as WebSocket messages, each as JSON: `event`, `id` and `data`. */
export class EventSocket implements ClientSink {
  /** The client's end of it. */
  readonly client: WebSocket
  readonly #socket: WebSocket
  readonly #events: ClientSinkEvents
  readonly #parser: EventSourceParser
  readonly #decoder = new TextDecoder()
  #look: ReturnType<typeof setTimeout> | undefined
  #error: string | undefined
  #over = false

  constructor(events: ClientSinkEvents) {
    const { 0: client, 1: server } = new WebSocketPair()
    this.client = client
    this.#socket = server
    this.#events = events
    this.#parser = createParser({
      onEvent: ({ event = 'message', id, data }) => {
        this.#error = event === 'error' ? data : undefined
        const named = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
        this.#send(`{"event":${JSON.stringify(event)}${named},"data":${data}}`)
      },
    })
    server.accept()
    server.addEventListener('message', () => this.#refuse())
    server.addEventListener('close', () => this.#gone())
    server.addEventListener('error', () => this.#gone())
  }

  /** Runtimes before November 2026 do not count; there a slow client is noticed by the heartbeat alone. */
  get pending(): number {
    return (this.#socket as { readonly bufferedAmount?: number }).bufferedAmount ?? 0
  }

  write(events: Uint8Array): void {
    if (this.#over) return
    this.#parser.feed(this.#decoder.decode(events))
    this.#watch()
  }

  heartbeat(): void {
    this.#send(HEARTBEAT)
  }

  end(): void {
    const code = this.#error === undefined ? CLOSE.NORMAL : closeCode(this.#error)
    this.#close(code, this.#error === undefined ? '' : 'see the last message')
  }

  finish(events: string): void {
    if (this.#over) return
    this.#parser.feed(events)
    this.end()
  }

  abort(): void {
    this.#close(CLOSE.INTERNAL, 'the connection to home was cut')
  }

  #send(text: string): void {
    if (this.#over) return
    this.#socket.send(text)
  }

  #watch(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      if (this.#over) return
      this.#events.taken()
      if (this.pending > 0) this.#watch()
    }, LOOK_MS)
  }

  /** A subscriber has nothing to say: what it sends would be paid for, and read by nobody. */
  #refuse(): void {
    this.#close(CLOSE.UNSUPPORTED, 'this WebSocket only sends')
    this.#events.gone()
  }

  #close(code: number, reason: string): void {
    if (this.#over) return
    this.#over = true
    if (this.#look !== undefined) clearTimeout(this.#look)
    try {
      this.#socket.close(code, reason)
    } catch {
      // The client was faster.
    }
  }

  #gone(): void {
    if (this.#over) return
    this.#close(CLOSE.NORMAL, '')
    this.#events.gone()
  }
}

/** What ends a stream because of its bearer is told as for every other WebSocket. */
function closeCode(problem: string): number {
  return /"code":"AUTH_/.test(problem) ? CLOSE.TOKEN_REVOKED : CLOSE.POLICY
}
