import { RateMeter } from '../../protocol/multiplexer/rate-meter.ts'
import { ACCESS_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'

/** Accounts counted at once; the oldest is forgotten first. */
const ACCOUNTS_MAX = 1_024
const INTERVAL_MS = 60_000

/**
 * Limits how often an account may exchange its own bearer. Each exchange is two permanent records and a new bucket at
 * the gateway, and needs no scope. Without a limit, a bearer that may do nothing could fill the disk.
 */
export class RotationLimit {
  readonly #meters = new Map<string, RateMeter>()

  /** Throws `ProblemError` `RATE_LIMITED`. */
  count(account: string): void {
    const meter = this.#meters.get(account) ?? this.#add(account)
    if (meter.exceeded(performance.now())) {
      throw new ProblemError('RATE_LIMITED', 'This account exchanges its bearer token too often', {
        try: 'Wait a minute; one exchange is enough.',
        retryAfter: INTERVAL_MS / 1000,
      })
    }
    meter.add(performance.now())
  }

  #add(account: string): RateMeter {
    const [oldest] = this.#meters.keys()
    if (this.#meters.size >= ACCOUNTS_MAX && oldest !== undefined) this.#meters.delete(oldest)
    const meter = new RateMeter(ACCESS_LIMITS.rotationsPerMinute, INTERVAL_MS)
    this.#meters.set(account, meter)
    return meter
  }
}
