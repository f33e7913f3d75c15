import { holderOf, type Principal } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { HTTP_LIMITS } from '../limits.ts'

/** How many bulk appends are under way: each holds some batches in memory. */
export class BulkSeats {
  readonly #taken = new Map<string, number>()
  #all = 0

  /**
   * Returns a function that gives the seat back, once. The owner at home finds one whoever has the others. Throws
   * `ProblemError` `RATE_LIMITED`.
   */
  take(principal: Principal): () => void {
    const holder = holderOf(principal)
    const own = this.#taken.get(holder) ?? 0
    const isFull = principal.kind !== 'owner' && this.#all >= HTTP_LIMITS.bulkAppends
    if (isFull || own >= HTTP_LIMITS.bulkAppendsOfOne) throw full()
    this.#all += 1
    this.#taken.set(holder, own + 1)
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.#all -= 1
      const left = (this.#taken.get(holder) ?? 1) - 1
      if (left === 0) this.#taken.delete(holder)
      else this.#taken.set(holder, left)
    }
  }
}

function full(): ProblemError {
  return new ProblemError('RATE_LIMITED', 'Too many bulk appends are under way', {
    try: 'Wait until one has ended, or send all lines in one.',
    retryAfter: 5,
  })
}
