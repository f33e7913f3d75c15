import type { Database } from 'better-sqlite3'
import type { Statements } from '../statements.ts'
import { meaningOf } from '../trouble/store-trouble.ts'

/** Most bytes of free pages that are written over: a value in SQLite holds no more than 1,000,000,000. With more, the file is made anew. */
const MOST_FILLED_BYTES = 512 * 1024 * 1024

/**
 * Takes from the files what redactions took from the tables. SQLite overwrites what it deletes (`secure_delete`), but the log still
 * has the old pages until it is emptied, and pages that were freed before may have old text.
 */
export class Eraser {
  readonly #database: Database
  readonly #statements: Statements
  readonly #commit: (work: () => unknown) => unknown
  #isPending = false
  /** The file may have been written without `secure_delete`: then pages in use have old text between their rows. */
  #isForeign = false

  constructor(
    database: Database,
    statements: Statements,
    commit: (work: () => unknown) => unknown,
  ) {
    this.#database = database
    this.#statements = statements
    this.#commit = commit
  }

  /** At the start: a daemon that was killed between the two begins with it. @throws SQLite's error */
  begin(): void {
    this.#isPending = this.#statements.unerased.get() !== undefined
    this.#isForeign = this.#isPending
  }

  /** Whether a redacted body may still be in a file. */
  get isPending(): boolean {
    return this.#isPending
  }

  /** A redaction was committed. */
  note(): void {
    this.#isPending = true
  }

  /** A redaction was committed in a file that a daemon did not write row by row, such as a backup that was put back. */
  noteForeign(): void {
    this.#isForeign = true
  }

  /**
   * Tries once. Returns false while another program reads the store: its view keeps the log. Then try again.
   *
   * @throws SQLite's error, but none that may pass by itself
   */
  erase(): boolean {
    try {
      this.#fillFreePages()
      const [done] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as {
        readonly busy: number
      }[]
      if (done?.busy !== 0) return false
      this.#commit(() => this.#statements.setErased.run(Date.now()))
      this.#isPending = false
      this.#isForeign = false
      return true
    } catch (error) {
      const meaning = meaningOf(error)
      if (meaning === 'STORE_BUSY' || meaning === 'STORE_FULL') return false
      throw error
    }
  }

  #fillFreePages(): void {
    const [free, size] = ['freelist_count', 'page_size'].map((name) =>
      Number(this.#database.pragma(name, { simple: true })),
    ) as [number, number]
    if (this.#isForeign || free * size > MOST_FILLED_BYTES) {
      this.#database.exec('VACUUM')
      return
    }
    if (free === 0) return
    // The value takes free pages first, and gives them back overwritten.
    this.#commit(() => this.#statements.takeRoom.run(free * size))
    this.#commit(() => this.#statements.giveRoom.run())
  }
}
