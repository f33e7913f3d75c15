import { RateMeter } from '../../../protocol/multiplexer/rate-meter.ts'

/** Policies that are kept at once, per interval: each is read, compared and written to storage. */
const AT_ONCE = 20
const INTERVAL_MS = 2_000
/** How long one beyond them waits, milliseconds. */
const WAIT_MS = 100

/**
 * Lets policies through at once, and those that are too many a moment later, in place of which a newer one may come:
 * only the last word counts. Home sends the next one when this one is acknowledged, and so keeps the pace.
 */
export class PolicyPace<Policy> {
  readonly #keep: (policy: Policy) => void
  readonly #kept = new RateMeter(AT_ONCE, INTERVAL_MS)
  #next: { readonly policy: Policy } | undefined

  constructor(keep: (policy: Policy) => void) {
    this.#keep = keep
  }

  /** @param now milliseconds since 1970 */
  take(policy: Policy, now: number): void {
    const waiting = this.#next !== undefined
    this.#next = { policy }
    if (waiting) return
    if (this.#kept.exceeded(now)) setTimeout(() => this.#go(), WAIT_MS)
    else this.#go()
  }

  #go(): void {
    const next = this.#next
    this.#next = undefined
    if (next === undefined) return
    this.#kept.add(Date.now())
    this.#keep(next.policy)
  }
}
