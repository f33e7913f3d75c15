import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'

/** A lock that is held. `release` is idempotent. */
export interface ExclusiveLock {
  release(): void
}

/**
 * Takes the one lock that the file at `path` stands for, or returns undefined if somebody holds it.
 *
 * The lock is the kernel's, held through an open exclusive transaction on a tiny SQLite file: it ends with
 * the process however that dies, so there is no stale lock to judge. A pid file taken with O_EXCL was
 * rejected: two processes that find the same stale one can both remove it and both go on.
 */
export function takeExclusiveLock(path: string): ExclusiveLock | undefined {
  createPrivately(path)
  const lock = new Database(path, { timeout: 0 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error
    return undefined
  }
  return { release: () => lock.close() }
}

/**
 * Mode 0600 from the first moment. A file that is there is not opened: closing any descriptor of a file
 * drops all locks that this process has on it (POSIX), and one of them may be this very lock.
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}
