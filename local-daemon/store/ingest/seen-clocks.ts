import type { SplRecord } from '../../../protocol/records/record.ts'

/** Threads and actors kept. */
const SEEN_MAX = 4_096

/**
 * The last clocks of the threads and actors of a bulk append, as they were when it first met them. A record behind one of them
 * may be here already; one ahead of it is probably new, and its transaction finds out.
 */
export class SeenClocks {
  readonly #lastClock: (thread: string, actor: string) => number
  readonly #seen = new Map<string, number>()

  /** @param lastClock the highest one in the store, -1 if there is none */
  constructor(lastClock: (thread: string, actor: string) => number) {
    this.#lastClock = lastClock
  }

  isAhead({ thread, actor, clock }: SplRecord): boolean {
    const key = `${thread} ${actor}`
    let last = this.#seen.get(key)
    if (last === undefined) {
      last = this.#lastClock(thread, actor)
      if (this.#seen.size >= SEEN_MAX) this.#seen.clear()
      this.#seen.set(key, last)
    }
    return clock > last
  }
}
