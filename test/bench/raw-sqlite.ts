import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openConnection } from '../../local-daemon/store/file/open-connection.ts'

/** Rows that share a commit: what 32 writers at once can put into one. */
const ROWS_A_TRANSACTION = 32
/** Bytes of a row's canonical text, as of a record of the bench. */
const RAW_BYTES = 330

/**
 * Rows per second that better-sqlite3 writes to a fresh file with the store's own settings and schema (WAL, `synchronous=FULL`,
 * pages of 8 KiB, the table `records` with all its indexes), by default 32 rows a transaction, one row like an append of this bench.
 * Nothing is signed, hashed, parsed or checked, and no thread is counted: the most that the file itself takes.
 */
export function rawSqliteRate(
  directory: string,
  round: number,
  seconds: number,
  rows = ROWS_A_TRANSACTION,
): number {
  const database = openConnection(join(directory, `raw-${round}.db`))
  try {
    const insert = database.prepare(
      `INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, judged_by, origin, sig, received_at)
       VALUES (?, ?, 1, 1, 1, ?, 0, ?, NULL, 2, ?, ?)`,
    )
    const raw = 'x'.repeat(RAW_BYTES)
    let seq = 0
    const transaction = database.transaction(() => {
      // Drawn at once: making ids is no part of what is measured.
      const random = randomBytes(96 * rows)
      for (let row = 0; row < rows; row += 1) {
        const at = row * 96
        seq += 1
        insert.run(
          seq,
          random.subarray(at, at + 8),
          seq,
          raw,
          random.subarray(at + 32, at + 96),
          Date.now(),
        )
      }
    })
    const startedAt = performance.now()
    while (performance.now() - startedAt < seconds * 1000) transaction.immediate()
    return (seq / (performance.now() - startedAt)) * 1000
  } finally {
    database.close()
  }
}
