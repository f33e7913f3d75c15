import type { Database } from 'better-sqlite3'
import { meaningOf, type StoreTrouble } from '../trouble/store-trouble.ts'

/**
 * Folds the write-ahead log into the file and closes; after a failed flush, or on damage, the log stays for recovery.
 *
 * @param stamp draws a last stamp: no part of the log that somebody has copied belongs on the file then
 */
export function closeDatabase(
  database: Database,
  trouble: StoreTrouble | undefined,
  stamp: () => void,
): void {
  try {
    if (trouble !== undefined) return
    stamp()
    database.pragma('optimize')
    database.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // A full disk, or a lock: everything acknowledged is in the write-ahead log, which the next start reads.
    if (meaningOf(error) === undefined) throw error
  } finally {
    database.close()
  }
}
