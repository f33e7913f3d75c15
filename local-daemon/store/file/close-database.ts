import type { Database } from 'better-sqlite3'
import { meaningOf, type StoreTrouble } from '../trouble/store-trouble.ts'

/**
 * Checkpoints the write-ahead log into the file and closes. After a failed flush, or on damage, the log stays for recovery.
 *
 * @param stamp draws a last stamp: then no copied part of the log belongs to the file
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
    // A full disk or a lock. Everything acknowledged is in the write-ahead log, which the next start reads.
    if (meaningOf(error) === undefined) throw error
  } finally {
    database.close()
  }
}
