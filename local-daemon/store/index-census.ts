import type { Database } from 'better-sqlite3'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { isDatabaseError, meaningOf } from './store-trouble.ts'

/** The indices of the records, each with a condition that holds for every record and makes SQLite count in that index. */
const INDICES = [
  ['records_by_thread', `thread >= ''`],
  ['records_by_actor', `actor >= ''`],
  ['records_by_clock', `thread >= ''`],
  ['records_by_both', `thread >= ''`],
  ['sqlite_autoindex_records_1', `id >= x''`],
] as const

/**
 * Counts what the indices of the records hold. A damaged index leaves records out without an error; but sequence numbers have no
 * gaps, so each must hold as many entries as the newest number says. All at the start, then one of them each
 * `DAEMON_LIMITS.storeCensusMs`: some milliseconds for a hundred thousand records.
 */
export class IndexCensus {
  readonly #counts
  readonly #head: () => number
  #next = 0
  #last = performance.now()
  #fault: string | undefined

  constructor(database: Database, head: () => number) {
    this.#head = head
    this.#counts = INDICES.map(([name, holds]) => ({
      name,
      count: database
        .prepare<[], number>(`SELECT count(*) FROM records INDEXED BY ${name} WHERE ${holds}`)
        .pluck(),
    }))
  }

  /** What is wrong with one of them, in words. */
  get fault(): string | undefined {
    return this.#fault
  }

  takeAll(): void {
    for (const _ of this.#counts) this.#take()
  }

  /** Counts the next one, if its time has come. */
  takeDue(): boolean {
    const now = performance.now()
    if (this.#fault !== undefined || now - this.#last < DAEMON_LIMITS.storeCensusMs) return false
    this.#last = now
    this.#take()
    return true
  }

  #take(): void {
    const index = this.#counts[this.#next]
    this.#next = (this.#next + 1) % this.#counts.length
    if (index === undefined || this.#fault !== undefined) return
    try {
      const [found, wanted] = [index.count.get(), this.#head()]
      if (found !== wanted) this.#fault = `${index.name} holds ${found} of ${wanted} records`
    } catch (error) {
      if (meaningOf(error) === 'STORE_BUSY') return
      if (!isDatabaseError(error)) throw error
      this.#fault = `${index.name} cannot be read`
    }
  }
}
