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
    this.#roll(now)
    return this.#current + this.#previous >= this.#limit
  }

  #roll(now: number): void {
    if (now - this.#since < this.#halfMs) return
    this.#previous = now - this.#since < 2 * this.#halfMs ? this.#current : 0
    this.#current = 0
    this.#since = now
  }
}
