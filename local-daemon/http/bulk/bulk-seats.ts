import { holderOf, type Principal } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { HTTP_LIMITS } from '../limits.ts'

/** A place among the bulk appends that are under way. */
export interface BulkSeat {
  /** Lines were taken. */
  moved(): void
  /** Idempotent. */
  leave(): void
}

interface Taken {
  readonly holder: string
  readonly displace: () => void
  /** When its append last took a line, by the monotonic clock. */
  movedAt: number
}

/**
 * How many bulk appends are under way: each holds some batches in memory. One that takes no lines holds its seat only until
 * somebody else needs it.
 */
export class BulkSeats {
  readonly #taken = new Set<Taken>()

  /**
   * The owner at home finds a seat whoever has the others. Throws `ProblemError` `RATE_LIMITED`.
   * @param displace called when the seat goes to another append
   */
  take(principal: Principal, displace: () => void): BulkSeat {
    const holder = holderOf(principal)
    const own = [...this.#taken].filter((one) => one.holder === holder).length
    if (own >= HTTP_LIMITS.bulkAppendsOfOne) throw full()
    const isFull = principal.kind !== 'owner' && this.#taken.size >= HTTP_LIMITS.bulkAppends
    if (isFull && !this.#displaceIdle()) throw full()
    const seat = { holder, displace, movedAt: performance.now() }
    this.#taken.add(seat)
    return {
      moved: () => {
        seat.movedAt = performance.now()
      },
      leave: () => {
        this.#taken.delete(seat)
      },
    }
  }

  /** Gives the seat away that has been idle for the longest time; false: none has been for long. */
  #displaceIdle(): boolean {
    const [first] = [...this.#taken].toSorted((one, other) => one.movedAt - other.movedAt)
    if (first === undefined || performance.now() - first.movedAt < HTTP_LIMITS.bulkIdleMs) {
      return false
    }
    this.#taken.delete(first)
    first.displace()
    return true
  }
}

function full(): ProblemError {
  return new ProblemError('RATE_LIMITED', 'Too many bulk appends are under way', {
    try: 'Wait until one has ended, or send all lines in one.',
    retryAfter: 5,
  })
}
