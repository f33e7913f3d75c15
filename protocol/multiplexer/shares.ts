import { LIMITS } from '../limits.ts'

/** A client of a shared pool. */
export interface Holder {
  /** A bearer's `token_id`, or `STRANGERS` or `CODES` for all of these together. */
  readonly key: string
  /** A bearer with the scope admin: only it may use the reserved part of each pool. */
  readonly owner: boolean
}

/** All requests without a valid bearer together. */
export const STRANGERS: Holder = { key: 'strangers', owner: false }
/** All requests with a valid one-time code together. */
export const CODES: Holder = { key: 'codes', owner: false }

/**
 * A pool that is shared fairly: no holder may have more than what is free, so a new holder always finds some (dynamic
 * thresholds, Choudhury and Hahne 1998). One alone gets half, two get a third each, and so on. A part is reserved for
 * the owner, who always finds room.
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

  /** What all holders have together. */
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

  /** Notes what was taken. Ask `room` before. */
  take(key: string, amount = 1): void {
    this.#total += amount
    this.#held.set(key, this.held(key) + amount)
  }

  /** Returns it, never more than the holder has. */
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

/** What a single holder, not the owner, may have of a pool. */
export function shareOfOne(capacity: number): number {
  return Math.floor((capacity - Math.floor(capacity / LIMITS.ownerReserve)) / 2)
}
