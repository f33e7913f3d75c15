import { RESET, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import { logFault } from '../../deployment/log-fault.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { TrafficCounts } from '../traffic-counts.ts'

/** How long home has to end a revoked token's answers itself, milliseconds. */
export const REVOKED_GRACE_MS = 5_000

export interface OpenExchange {
  readonly exchange: Exchange
  /** When a head must have come, milliseconds since 1970; Infinity once it has. */
  headDeadline: number
  /** How long after the last progress of its upload at least, milliseconds. */
  readonly headTimeoutMs: number
  readonly tokenId: string | undefined
  /** Its token is revoked: when what home has not ended is cut off; Infinity while the token is valid. */
  cutAt: number
}

/** Resets a stream of the connection. */
export type ResetStream = (stream: number, code: ResetCode) => void

/** The exchanges of one connection by stream: who hears what is said about each, and what is overdue. */
export class OpenExchanges {
  readonly #open = new Map<number, OpenExchange>()
  readonly #reset: ResetStream
  readonly #counts: TrafficCounts

  constructor(reset: ResetStream, counts: TrafficCounts) {
    this.#reset = reset
    this.#counts = counts
  }

  get size(): number {
    return this.#open.size
  }

  add(stream: number, open: OpenExchange): void {
    this.#open.set(stream, open)
  }

  delete(stream: number): void {
    this.#open.delete(stream)
  }

  /**
   * Tells one exchange. Whatever it throws ends its own stream and does not reach the multiplexer, which is in the
   * middle of a message for others.
   */
  tell(stream: number, call: (open: OpenExchange) => void): void {
    const open = this.#open.get(stream)
    if (open === undefined) return
    try {
      call(open)
    } catch (error) {
      this.#settle(stream, open, error)
    }
  }

  /** Ends a stream on the daemon's word or for want of it. */
  end(stream: number, code: ResetCode): void {
    this.tell(stream, ({ exchange }) => {
      this.#open.delete(stream)
      exchange.reset(code)
    })
  }

  /** An exchange says that it cannot go on. */
  fail(stream: number, error: unknown): void {
    const open = this.#open.get(stream)
    if (open !== undefined) this.#settle(stream, open, error)
    else this.note('stream', error)
  }

  /** Ends what is open with revoked tokens: WebSockets now, answers after a grace. @param now milliseconds since 1970 */
  revoke(disowned: (tokenId: string) => boolean, now: number): void {
    for (const [stream, open] of this.#open) {
      if (open.tokenId === undefined || open.cutAt !== Infinity || !disowned(open.tokenId)) continue
      open.cutAt = now + REVOKED_GRACE_MS
      this.tell(stream, ({ exchange }) => exchange.tokenRevoked?.())
    }
  }

  /** What home has not accepted it will never begin: it goes to the next connection (RFC 9113, section 6.8). */
  refuseAfter(lastStream: number): void {
    for (const stream of this.#open.keys()) {
      if (stream <= lastStream) continue
      this.tell(stream, ({ exchange }) => {
        this.#open.delete(stream)
        this.#reset(stream, RESET.GOING_AWAY)
        exchange.reset(RESET.REFUSED)
      })
    }
  }

  /**
   * Fails every request whose head is overdue; the others are late enough for their client to be watched.
   * Cuts off what outlives its token's grace.
   * @param now milliseconds since 1970
   */
  endOverdue(now: number): void {
    for (const [stream, open] of this.#open) {
      if (now >= open.cutAt) {
        this.tell(stream, ({ exchange }) => {
          this.#open.delete(stream)
          exchange.cutOff()
        })
        continue
      }
      const { upload } = open.exchange
      if (upload?.stalled(now) === true) {
        this.tell(stream, ({ exchange }) => exchange.uploadStalled?.())
        continue
      }
      if (open.headDeadline === Infinity) continue
      // An upload that makes progress gets its time.
      const since = upload === undefined ? 0 : upload.progressAt + open.headTimeoutMs
      if (now < Math.max(open.headDeadline, since)) {
        this.tell(stream, ({ exchange }) => exchange.watchClient())
        continue
      }
      this.tell(stream, ({ exchange }) => {
        this.#open.delete(stream)
        this.#reset(stream, RESET.HEAD_TIMEOUT)
        exchange.reset(RESET.HEAD_TIMEOUT)
      })
    }
  }

  /** Something is due at some time: a head, or the end of a revoked token's answer. */
  get anyDue(): boolean {
    for (const { exchange, headDeadline, cutAt } of this.#open.values()) {
      if (headDeadline !== Infinity || cutAt !== Infinity) return true
      if (exchange.upload?.over === false) return true
    }
    return false
  }

  /** Counts and logs a mistake of ours. */
  note(place: string, error: unknown, requestId?: string): void {
    this.#counts.add('faults')
    logFault(place, error, requestId)
  }

  /** The one place where a stream ends that failed by a mistake of ours: noted, its slot free, its client told. */
  #settle(stream: number, { exchange }: OpenExchange, error: unknown): void {
    this.note('stream', error, exchange.requestId)
    this.#open.delete(stream)
    this.#reset(stream, RESET.INTERNAL)
    try {
      exchange.reset(RESET.INTERNAL)
    } catch (again) {
      this.note('stream', again, exchange.requestId)
    }
  }
}
