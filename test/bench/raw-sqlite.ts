import { join } from 'node:path'
import { openConnection } from '../../local-daemon/store/file/open-connection.ts'
import { RawRows } from './raw-rows.ts'

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
    const raw = Array.from({ length: rows }, () => 'x'.repeat(RAW_BYTES))
    const written = new RawRows(database)
    const startedAt = performance.now()
    while (performance.now() - startedAt < seconds * 1000) written.write(raw)
    return (written.count / (performance.now() - startedAt)) * 1000
  } finally {
    database.close()
  }
}
