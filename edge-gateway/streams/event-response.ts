import { HEARTBEAT_COMMENT } from '../../protocol/events/event-text.ts'
import type { ClientSink, ClientSinkEvents } from './client-sink.ts'

/** How long a client may take to read its last event. */
const FAREWELL_MS = 30_000
const HEARTBEAT = new TextEncoder().encode(HEARTBEAT_COMMENT)

/**
 * A client that reads server-sent events from an HTTP answer. The runtime pulls the next piece when the client has taken
 * the one before. Its own identity stream would hold a buffer of 64 KiB for each client (docs/decisions/041-…).
 */
export class EventResponse implements ClientSink {
  readonly body: ReadableStream<Uint8Array>
  readonly #events: ClientSinkEvents
  #controller!: ReadableStreamDefaultController<Uint8Array>
  readonly #waiting: Uint8Array[] = []
  /** Bytes in `#waiting`, and those that the runtime has and the client has not. */
  #pending = 0
  #passing = 0
  /** The client can take more. */
  #pulled = false
  #closing = false
  #over = false

  constructor(events: ClientSinkEvents) {
    this.#events = events
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pull(),
        cancel: () => this.#gone(),
      },
      { highWaterMark: 0 },
    )
  }

  get pending(): number {
    return this.#pending
  }

  write(events: Uint8Array): void {
    if (this.#over || this.#closing) return
    this.#waiting.push(events)
    this.#pending += events.length
    this.#pass()
  }

  heartbeat(): void {
    this.write(HEARTBEAT)
  }

  end(): void {
    this.#closing = true
    this.#pass()
  }

  finish(events: string): void {
    if (this.#over || this.#closing) return
    this.#waiting.length = 0
    this.#pending = this.#passing
    this.write(new TextEncoder().encode(events))
    this.end()
    setTimeout(() => this.abort(), FAREWELL_MS)
  }

  abort(): void {
    if (!this.#stop()) return
    this.#controller.error(new Error('the event stream was cut'))
  }

  #pull(): void {
    this.#pulled = true
    const taken = this.#passing
    this.#passing = 0
    this.#pending -= taken
    this.#pass()
    if (taken > 0) this.#events.taken()
  }

  /** One piece at a time, so that what waits is counted here and can still be dropped. */
  #pass(): void {
    if (!this.#pulled || this.#over) return
    const next = this.#waiting.shift()
    if (next !== undefined) {
      this.#pulled = false
      this.#passing = next.length
      this.#controller.enqueue(next)
    } else if (this.#closing) {
      this.#over = true
      this.#controller.close()
    }
  }

  #gone(): void {
    if (this.#stop()) this.#events.gone()
  }

  /** False: it was over before. */
  #stop(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#waiting.length = 0
    this.#pending = 0
    this.#passing = 0
    return true
  }
}
