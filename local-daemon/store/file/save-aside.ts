import { mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'

/** The start of the names of directories where a lost store is saved. */
const SAVED = 'saved-'

/** Whether a name in a store's directory is one of a saved store. */
export function isSaved(name: string): boolean {
  return name.startsWith(SAVED)
}

/** Makes a directory for what is saved, for this user only. @throws the system's error */
export function makeSavedDirectory(directory: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/gu, '-')
  return mkdtempSync(join(directory, `${SAVED}${time}-`))
}

/**
 * Writes an open database to a new file, whatever happened to its own: into a directory beside its old place, or
 * among the system's temporary files if that is gone or full. In slices, so that the event loop continues.
 *
 * @returns the path of the file; its directory is for this user only
 * @throws the error of the system or SQLite, if there is no place at all
 */
export async function saveAside(database: Database, path: string): Promise<string> {
  try {
    return await saveIn(database, path, dirname(path))
  } catch {
    return await saveIn(database, path, tmpdir())
  }
}

async function saveIn(database: Database, path: string, directory: string): Promise<string> {
  const file = join(makeSavedDirectory(directory), basename(path))
  await database.backup(file)
  return file
}

/**
 * Removes our write-ahead log from beside a foreign file, once all of it is saved: whatever opens that file next would
 * apply it there.
 */
export function takeLogAway(log: string, saved: string): void {
  renameSync(log, `${saved}-wal.old`)
}
