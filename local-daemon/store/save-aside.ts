import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import type { PathWatch } from './path-watch.ts'

/** How the directories begin that a lost store is saved to. */
export const SAVED = 'saved-'

/**
 * Writes what an open database holds to a new file, whatever became of its own: into a directory beside where that was, or
 * among the system's temporary files if that is gone or full. In slices; the event loop goes on meanwhile.
 *
 * @returns the path of the file; its directory is for this user alone
 * @throws what the system or SQLite says, if there is no place at all
 */
export async function saveAside(database: Database, path: string): Promise<string> {
  try {
    return await saveIn(database, path, dirname(path))
  } catch {
    return await saveIn(database, path, tmpdir())
  }
}

async function saveIn(database: Database, path: string, directory: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/gu, '-')
  const file = join(mkdtempSync(join(directory, `${SAVED}${time}-`)), basename(path))
  await database.backup(file)
  return file
}

/**
 * Takes our write-ahead log from beside a file that is not ours, once all of it is saved: the next who opens that file would
 * apply it there.
 */
export function takeLogAway(watch: PathWatch, saved: string): void {
  if (watch.isOurs(watch.log)) renameSync(watch.log, `${saved}-wal.old`)
}

/**
 * Closes a database whose files were replaced. SQLite removes its log by name, and would remove the one that belongs to the
 * file that is there now: that one is set aside meanwhile.
 */
export function closeLost(database: Database, watch: PathWatch): void {
  const { log } = watch
  const isForeign = existsSync(log) && !watch.isOurs(log)
  if (isForeign) renameSync(log, `${log}.kept`)
  try {
    database.close()
  } finally {
    if (isForeign) renameSync(`${log}.kept`, log)
  }
}

/** Copies our log to where what was saved is: it has what was acknowledged last, whatever became of the file under it. */
export function copyLog(watch: PathWatch, saved: string): void {
  if (watch.isOurs(watch.log)) copyFileSync(watch.log, `${saved}-wal.old`)
}

/** Closes a database whose file somebody has written over. SQLite would fold its log into what is there now: it finds none. */
export function closeOverwritten(database: Database, watch: PathWatch): void {
  const isOurs = watch.isOurs(watch.log)
  if (isOurs) truncateSync(watch.log)
  database.close()
  if (isOurs) rmSync(watch.log, { force: true })
}
