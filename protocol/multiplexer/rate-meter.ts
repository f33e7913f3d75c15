/** Counts events in two half intervals, so that a burst at a boundary is not forgotten at once. */
export class RateMeter {
  readonly #limit: number
  readonly #halfMs: number
  #since = Number.NEGATIVE_INFINITY
  #current = 0
  #previous = 0

  constructor(limit: number, intervalMs: number) {
    this.#limit = limit
    this.#halfMs = intervalMs / 2
  }

  add(now: number): void {
    this.#roll(now)
    this.#current += 1
  }

  exceeded(now: number): boolean {
    return this.count(now) >= this.#limit
  }

  /** Events of the interval that ends now. */
  count(now: number): number {
    this.#roll(now)
    return this.#current + this.#previous
  }

  #roll(now: number): void {
    const elapsed = now - this.#since
    if (elapsed >= 0 && elapsed < this.#halfMs) return
    // A clock that was set back starts a new half interval: it must not freeze the count for an hour.
    this.#previous = elapsed < 2 * this.#halfMs ? this.#current : 0
    this.#current = 0
    this.#since = now
  }
}
