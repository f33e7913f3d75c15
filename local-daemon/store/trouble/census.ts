import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { isDatabaseError, meaningOf } from './store-trouble.ts'
import { countedTables, type CountedTable, type TreeFault } from './tree.ts'

/**
 * Counts what the trees of the file hold. A damaged page leaves rows out without an error of SQLite; but a table and each of its indices
 * must hold as many rows as the others, and the records as many as the newest number says.
 *
 * The small tables first, at the start as much as `STORE_LIMITS.storeCensusStartMs` allow; the rest in slices, with a pause after
 * each, and all of it again each `STORE_LIMITS.storeCensusMs`. So no start waits for a large store.
 */
export class Census {
  readonly #tables: readonly CountedTable[]
  readonly #told: (fault: string) => void
  readonly #faults = new Map<string, TreeFault>()
  readonly #unreadable = new Set<string>()
  readonly #counted = new Map<string, number>()
  #pass: Iterator<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param told what is wrong with a table, in words, once */
  constructor(database: Database, told: (fault: string) => void) {
    this.#tables = countedTables(database)
    this.#told = told
  }

  /** What a table or an index of it is known to lack. */
  fault(table: string): TreeFault | undefined {
    return this.#faults.get(table)
  }

  /** The same, after it was counted, if it was not within the last second: before something is said not to be there. */
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

  /** Begins: returns when the time for it is over, or everything is counted. */
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
        // What was counted in slices while rows came and went is counted again at one moment before it is believed.
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

  /** A tree that cannot be read leaves nothing out in silence: whoever reads it meets the error too. */
  #failed({ name }: CountedTable, error: unknown): void {
    if (meaningOf(error) === 'STORE_BUSY') return
    if (!isDatabaseError(error)) throw error
    if (this.#unreadable.has(name)) return
    this.#unreadable.add(name)
    this.#told(`${name} cannot be counted`)
  }
}

/** So that a slice, of about a millisecond, takes a twentieth of the time. */
const PAUSE_MS = 20
const FRESH_MS = 1_000
