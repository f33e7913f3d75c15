import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'

/** Bytes that are drawn for a row: of an id, whose first 8 are kept, and of a signature. */
const DRAWN_BYTES = 96

/** Rows like those of appends, into a store's table `records`; no name, thread or namespace is counted. */
export class RawRows {
  readonly #transaction: (raws: readonly string[]) => void
  /** Written so far. */
  count = 0

  constructor(database: Database) {
    const insert = database.prepare(
      `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at)
       VALUES (?, ?, 1, 1, 1, ?, 0, ?, NULL, 2, ?, ?)`,
    )
    this.#transaction = database.transaction((raws: readonly string[]) => {
      // Drawn at once: making ids is no part of what is measured.
      const random = randomBytes(DRAWN_BYTES * raws.length)
      for (const [row, raw] of raws.entries()) {
        const drawn = random.subarray(row * DRAWN_BYTES, (row + 1) * DRAWN_BYTES)
        const [id, sig] = [drawn.subarray(0, 8), drawn.subarray(32)]
        this.count += 1
        insert.run(this.count, id, this.count, raw, sig, Date.now())
      }
    }).immediate
  }

  /** In one transaction. */
  write(raws: readonly string[]): void {
    this.#transaction(raws)
  }
}
