import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { isDatabaseError, meaningOf } from './store-trouble.ts'
import { countedTables, type CountedTable, type TreeFault } from './tree.ts'

/**
 * Counts the rows in the trees of the file. A damaged page drops rows without an error of SQLite, but a table and each of its indices
 * must have equally many rows, and there must be as many records as the newest number says.
 *
 * The small tables first, at the start for up to `STORE_LIMITS.storeCensusStartMs`; the rest in slices, with a pause after
 * each, and everything again every `STORE_LIMITS.storeCensusMs`. So no start waits for a large store.
 */
export class Census {
  readonly #tables: readonly CountedTable[]
  readonly #told: (fault: string) => void
  readonly #faults = new Map<string, TreeFault>()
  readonly #unreadable = new Set<string>()
  readonly #counted = new Map<string, number>()
  #pass: Iterator<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param told called once with what is wrong with a table, in words */
  constructor(database: Database, told: (fault: string) => void) {
    this.#tables = countedTables(database)
    this.#told = told
  }

  /** What a table or one of its indexes lacks, as far as known. */
  fault(table: string): TreeFault | undefined {
    return this.#faults.get(table)
  }

  /** The same, counted again if the last count is over a second old. Used before something is reported as missing. */
  faultNow(table: string): TreeFault | undefined {
    const now = performance.now()
    const counted = this.#counted.get(table)
    const found = this.#tables.find(({ name }) => name === table)
    if (found !== undefined && (counted === undefined || now - counted > FRESH_MS)) {
      this.#counted.set(table, now)
      this.#judge(found)
    }
    return this.fault(table)
  }

  /** Starts: returns when its time is over or everything is counted. */
  start(): void {
    const until = performance.now() + STORE_LIMITS.storeCensusStartMs
    this.#pass = this.#count()
    while (this.#step()) if (performance.now() > until) return this.#later(PAUSE_MS)
    this.#later(STORE_LIMITS.storeCensusMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#pass ??= this.#count()
      this.#later(this.#step() ? PAUSE_MS : STORE_LIMITS.storeCensusMs)
    }, ms)
    this.#timer.unref()
  }

  /** One slice; false at the end of all. */
  #step(): boolean {
    if (this.#pass?.next().done === false) return true
    this.#pass = undefined
    return false
  }

  *#count(): Generator<void> {
    for (const table of this.#tables) {
      if (this.#faults.has(table.name)) continue
      try {
        // Rows came and went during a count in slices, so a difference counts only after a second count at one moment.
        if (yield* table.mayBeOff()) this.#judge(table)
      } catch (error) {
        this.#failed(table, error)
      }
      yield
    }
  }

  #judge(table: CountedTable): void {
    try {
      const fault = table.fault()
      if (fault === undefined || this.#faults.has(table.name)) return
      this.#faults.set(table.name, fault)
      this.#told(fault.what)
    } catch (error) {
      this.#failed(table, error)
    }
  }

  /** A tree that cannot be read is not silent: its readers get the error too. */
  #failed({ name }: CountedTable, error: unknown): void {
    if (meaningOf(error) === 'STORE_BUSY') return
    if (!isDatabaseError(error)) throw error
    if (this.#unreadable.has(name)) return
    this.#unreadable.add(name)
    this.#told(`${name} cannot be counted`)
  }
}

/** So that slices of about a millisecond take a twentieth of the time. */
const PAUSE_MS = 20
const FRESH_MS = 1_000
