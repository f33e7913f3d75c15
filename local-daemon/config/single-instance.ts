import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Home } from './home.ts'
import { readRunningPid, removePidFile, writePidFile } from './pid-file.ts'
import { StartError } from './start-error.ts'

/** The right to be the only daemon of a home. `release` is idempotent. */
export interface SingleInstance {
  release(): void
}

/**
 * Takes the home's one lock, or throws `StartError` `DAEMON_RUNNING` that names the process holding it.
 *
 * The lock is the kernel's, held through an open exclusive transaction on a tiny SQLite file: it ends with
 * the process however that dies, so there is no stale lock to judge. A pid file taken with O_EXCL was
 * rejected: two daemons that find the same stale one can both remove it and both go on.
 */
export function takeSingleInstance(home: Home): SingleInstance {
  closeSync(openSync(home.lockFile, 'a', 0o600))
  const lock = new Database(home.lockFile, { timeout: 0 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error
    throw alreadyRunning(home)
  }
  writePidFile(home.pidFile)
  return {
    release() {
      if (!lock.open) return
      removePidFile(home.pidFile)
      lock.close()
    },
  }
}

function alreadyRunning(home: Home): StartError {
  const pid = readRunningPid(home.pidFile)
  const who = pid === undefined ? '' : ` (pid ${pid})`
  return new StartError(
    'DAEMON_RUNNING',
    `A daemon already runs on ${home.root}${who}`,
    'Look at it with: spl serve --status. Stop it with: spl serve --stop. Or set SYNCROPEL_HOME to another home.',
  )
}
