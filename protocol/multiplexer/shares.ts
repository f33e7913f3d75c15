import { LIMITS } from '../limits.ts'

/** Who takes from a pool that everybody shares. */
export interface Holder {
  /** A bearer's `token_id`, or `STRANGERS` or `CODES` for all of these together. */
  readonly key: string
  /** A bearer with the scope admin: it alone may use what is set aside of each pool. */
  readonly owner: boolean
}

/** Requests without a good bearer, all of them together. */
export const STRANGERS: Holder = { key: 'strangers', owner: false }
/** Requests that a good code for one use has let in, all of them together. */
export const CODES: Holder = { key: 'codes', owner: false }

/**
 * A pool that is shared fairly: nobody may hold more than what is still free, so that whoever comes next always finds
 * something (dynamic thresholds, Choudhury and Hahne 1998). One alone gets half, two a third each, and so on; the
 * owner, for whom a part is set aside besides, always finds room.
 */
export class Shares {
  readonly #capacity: number
  readonly #reserve: number
  readonly #held = new Map<string, number>()
  #total = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#reserve = Math.floor(capacity / LIMITS.ownerReserve)
  }

  /** What all hold together. */
  get total(): number {
    return this.#total
  }

  held(key: string): number {
    return this.#held.get(key) ?? 0
  }

  /** How much more this holder may take. */
  room({ key, owner }: Holder): number {
    const most = owner ? this.#capacity : this.#capacity - this.#reserve
    return Math.max(0, Math.floor((most - this.#total - this.held(key)) / 2))
  }

  /** Notes what was taken: `room` is to be asked before. */
  take(key: string, amount = 1): void {
    this.#total += amount
    this.#held.set(key, this.held(key) + amount)
  }

  /** Takes it back, never more than is held. */
  give(key: string, amount = 1): void {
    const held = this.held(key)
    const given = Math.min(held, amount)
    this.#total -= given
    if (held === given) this.#held.delete(key)
    else this.#held.set(key, held - given)
  }

  clear(): void {
    this.#held.clear()
    this.#total = 0
  }
}

/** What one alone may hold of a pool, who is not the owner. */
export function shareOfOne(capacity: number): number {
  return Math.floor((capacity - Math.floor(capacity / LIMITS.ownerReserve)) / 2)
}
