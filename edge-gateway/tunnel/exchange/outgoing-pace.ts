import type { ExchangeStream } from './exchange.ts'
import { guarded } from './guarded.ts'

/** Above this a client counts as slow, and home gets no more credit until it has caught up. */
const SLOW_BYTES = 512 * 1024
/** How often a slow client is looked at: the platform has no event for a drained socket. */
const LOOK_MS = 50

/**
 * Returns credit for what was sent on a client's WebSocket. `send` queues without bound, so the socket's
 * own count of waiting bytes decides when home may send more.
 */
export class OutgoingPace {
  readonly #socket: WebSocket
  readonly #stream: Pick<ExchangeStream, 'consumed' | 'fail'>
  readonly #lookAgain: () => void
  #owed = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(socket: WebSocket, stream: Pick<ExchangeStream, 'consumed' | 'fail'>) {
    this.#socket = socket
    this.#stream = stream
    this.#lookAgain = guarded(stream, () => this.#look())
  }

  sent(bytes: number): void {
    this.#owed += bytes
    if (this.#timer === undefined) this.#look()
  }

  /** The client is gone: what it has not taken counts as taken, or its stream would never be over. */
  stop(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#stream.consumed(this.#owed)
    this.#owed = 0
  }

  #look(): void {
    this.#timer = undefined
    if (waitingBytes(this.#socket) > SLOW_BYTES) {
      this.#timer = setTimeout(this.#lookAgain, LOOK_MS)
      return
    }
    const owed = this.#owed
    this.#owed = 0
    this.#stream.consumed(owed)
  }
}

/** Runtimes before November 2026 do not count; there the window alone bounds each stream. */
function waitingBytes(socket: WebSocket): number {
  return (socket as { readonly bufferedAmount?: number }).bufferedAmount ?? 0
}
