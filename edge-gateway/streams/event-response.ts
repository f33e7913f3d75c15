import { HEARTBEAT_COMMENT } from '../../protocol/events/event-text.ts'
import type { ClientSink, ClientSinkEvents } from './client-sink.ts'

/** How long a client may take to read its last event. */
const FAREWELL_MS = 30_000

/** A client that reads server-sent events from an HTTP answer. */
export class EventResponse implements ClientSink {
  readonly body: ReadableStream<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #events: ClientSinkEvents
  readonly #encoder = new TextEncoder()
  #waiting: Uint8Array[] = []
  #pending = 0
  #draining = false
  #closing = false
  #over = false

  constructor(events: ClientSinkEvents) {
    const { readable, writable } = new IdentityTransformStream()
    this.body = readable
    this.#events = events
    this.#writer = writable.getWriter()
    this.#writer.closed.catch(() => this.#gone())
  }

  get pending(): number {
    return this.#pending
  }

  write(events: Uint8Array): void {
    if (this.#over || this.#closing) return
    this.#waiting.push(events)
    this.#pending += events.length
    this.#start()
  }

  heartbeat(): void {
    this.write(this.#encoder.encode(HEARTBEAT_COMMENT))
  }

  end(): void {
    this.#closing = true
    this.#start()
  }

  finish(events: string): void {
    if (this.#over || this.#closing) return
    for (const { length } of this.#waiting) this.#pending -= length
    this.#waiting = []
    this.write(this.#encoder.encode(events))
    this.end()
    setTimeout(() => this.abort(), FAREWELL_MS)
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#waiting = []
    this.#pending = 0
    this.#writer.abort(new Error('the event stream was cut')).catch(() => {})
  }

  #start(): void {
    if (this.#draining || this.#over) return
    this.#draining = true
    this.#drain().catch(() => this.#gone())
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#writer.write(next)
      if (this.#over) return
      this.#pending -= next.length
      this.#events.taken()
    }
    this.#draining = false
    if (!this.#closing || this.#over) return
    this.#over = true
    await this.#writer.close()
  }

  #gone(): void {
    if (this.#over) return
    this.#over = true
    this.#waiting = []
    this.#pending = 0
    this.#events.gone()
  }
}
