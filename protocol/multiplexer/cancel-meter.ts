import { LIMITS } from '../limits.ts'
import { RateMeter } from './rate-meter.ts'
import type { Holder } from './shares.ts'

/** Holders remembered at once: more than a policy names tokens. */
const HOLDERS_MAX = 4096

/**
 * Counts cancelled streams, in total and for each holder. A holder may continue as long as it has cancelled no more
 * than is left of the total. So holders that cancel many are stopped first, and those that cancel none never. Costs
 * nothing while nobody cancels.
 */
export class CancelMeter {
  readonly #limit: number
  readonly #all: RateMeter
  readonly #holders = new Map<string, RateMeter>()

  /** @param limit of all together, per `LIMITS.cancelledOpensIntervalMs` */
  constructor(limit: number) {
    this.#limit = limit
    this.#all = new RateMeter(limit, LIMITS.cancelledOpensIntervalMs)
  }

  /** @param holder who left it; undefined: it counts for all together alone */
  add(now: number, holder?: Holder): void {
    this.#all.add(now)
    if (holder === undefined) return
    let meter = this.#holders.get(holder.key)
    if (meter === undefined) {
      if (this.#holders.size >= HOLDERS_MAX) this.#forgetIdle(now)
      meter = new RateMeter(LIMITS.cancelledOpensPerHolder, LIMITS.cancelledOpensIntervalMs)
      this.#holders.set(holder.key, meter)
    }
    meter.add(now)
  }

  /** Whether this holder, or without one everybody, has to wait. */
  exceeded(now: number, holder?: Holder): boolean {
    if (holder === undefined) return this.#all.exceeded(now)
    const meter = this.#holders.get(holder.key)
    const own = meter?.count(now) ?? 0
    if (own === 0) return false
    if (own >= LIMITS.cancelledOpensPerHolder) return true
    return !holder.owner && own >= this.#limit - this.#all.count(now)
  }

  /** Those who have left nothing lately; and all, if that makes no room. */
  #forgetIdle(now: number): void {
    for (const [key, meter] of this.#holders) if (meter.count(now) === 0) this.#holders.delete(key)
    if (this.#holders.size >= HOLDERS_MAX) this.#holders.clear()
  }
}
