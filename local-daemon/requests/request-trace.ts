import type { Principal } from '../access/principal.ts'
import type { SubscriptionObserver } from './subscription-observer.ts'
import type { Via } from '../access/via.ts'
import type { Outcome } from './request-line.ts'

/** What a trace knows of its request once the answer has ended. */
export interface TraceEnd {
  readonly status: number
  readonly outcome: Outcome
  /** Bytes sent of the answer's body. */
  readonly bytesOut: number
}

/** What a request asks for, as sent: nothing is checked. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** The value of the header X-Syncropel-Actor. */
  readonly claimed: string | null
}

/** What observes a trace. */
export interface TraceWatcher {
  /** Its answer is an event stream and begins. */
  streaming(trace: RequestTrace): void
  ended(trace: RequestTrace, end: TraceEnd): void
}

/** Follows one request from its head to the end of its answer. The code that handles it adds what it finds out. */
export class RequestTrace {
  readonly requestId: string
  readonly via: Via
  /** Unix time, milliseconds. */
  readonly time = Date.now()
  /** By the monotonic clock, milliseconds. */
  readonly startedAt = performance.now()
  /** The route's pattern, once it is known. */
  route = 'unmatched'
  principal: Principal | undefined
  /** Bytes read of the request's body. */
  bytesIn = 0
  /** Whether the client has left. */
  isGone: () => boolean = isNever
  /** The answer's body is a stream, which reports its end by itself. */
  #isStreamed = false
  #isEventStream = false
  #ended = false
  readonly #watcher: TraceWatcher
  /** Called once, when the line is written. */
  readonly asked: () => Asked

  constructor(requestId: string, via: Via, watcher: TraceWatcher, asked: () => Asked) {
    this.requestId = requestId
    this.via = via
    this.#watcher = watcher
    this.asked = asked
  }

  /** How long an event stream takes says nothing about the daemon. */
  get isEventStream(): boolean {
    return this.#isEventStream
  }

  get isStreamed(): boolean {
    return this.#isStreamed
  }

  /** Only once, whatever comes later. */
  end(status: number, outcome: Outcome, bytesOut: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#watcher.ended(this, { status, outcome, bytesOut })
  }

  /** As `counted`, of an event stream. */
  countedEvents(source: ReadableStream<Uint8Array>, status: number): ReadableStream<Uint8Array> {
    this.#beginEvents()
    return this.counted(source, status)
  }

  /**
   * What observes the events that are its answer. What a reader gets as a member of a group is sent once for all of
   * them and counted for none.
   */
  events(status: number): SubscriptionObserver {
    this.#beginEvents()
    let bytes = 0
    return {
      took: (count) => {
        bytes += count
      },
      ended: (left) => this.end(status, left ? 'cancelled' : 'whole', bytes),
    }
  }

  /**
   * The body of an answer, counted as it is read. It reads nothing before its reader does, and ends as its
   * source ends: truncation stays truncation.
   */
  counted(source: ReadableStream<Uint8Array>, status: number): ReadableStream<Uint8Array> {
    this.#isStreamed = true
    const reader = source.getReader()
    let bytes = 0
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read()
            if (done) {
              controller.close()
              this.end(status, 'whole', bytes)
            } else {
              bytes += value.byteLength
              controller.enqueue(value)
            }
          } catch (error) {
            this.end(status, 'failed', bytes)
            controller.error(error)
          }
        },
        cancel: (reason) => {
          this.end(status, 'cancelled', bytes)
          return reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  #beginEvents(): void {
    this.#isEventStream = true
    this.#isStreamed = true
    this.#watcher.streaming(this)
  }
}

const isNever = () => false
