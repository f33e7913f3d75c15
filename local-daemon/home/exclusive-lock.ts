import { closeSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'

/** How often a holder checks that its file still exists, milliseconds. */
const LOOK_MS = 1_000

/** A lock that is held. `release` is idempotent. */
export interface ExclusiveLock {
  release(): void
}

/**
 * Takes the lock of the file at `path`, or returns undefined if another process holds it.
 *
 * The lock is the kernel's, held through an open exclusive transaction on a tiny SQLite file: it ends with
 * the process, however it dies, so there are no stale locks. A pid file taken with O_EXCL was
 * rejected: two processes that find the same stale one can both remove it and both continue.
 */
export function takeExclusiveLock(path: string): ExclusiveLock | undefined {
  let lock = lockFile(path)
  if (lock === undefined) return undefined
  const directory = fileAt(dirname(path))
  let file = fileAt(path)
  const timer = setInterval(() => {
    if (fileAt(path) === file || fileAt(dirname(path)) !== directory) return
    const again = retake()
    if (again === undefined) return
    lock?.close()
    lock = again
    file = fileAt(path)
  }, LOOK_MS).unref()

  /** Somebody removed the file, and with it the lock that others would meet. */
  function retake(): Database.Database | undefined {
    try {
      return lockFile(path)
    } catch {
      return undefined
    }
  }

  return {
    release() {
      clearInterval(timer)
      lock?.close()
    },
  }
}

function lockFile(path: string): Database.Database | undefined {
  createPrivately(path)
  const lock = new Database(path, { timeout: 0 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error
    return undefined
  }
}

/** Which file has this name now. */
function fileAt(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? '' : `${found.dev}:${found.ino}`
}

/**
 * Mode 0600 from the start. An existing file is not opened: closing any descriptor of a file
 * drops all locks that this process has on it (POSIX), perhaps this one too.
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}
