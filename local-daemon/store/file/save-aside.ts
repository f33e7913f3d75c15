import { mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'

/** How the directories begin that a lost store is saved to. */
const SAVED = 'saved-'

/** Whether a name in the directory of a store is that of what was saved. */
export function isSaved(name: string): boolean {
  return name.startsWith(SAVED)
}

/** Makes a directory for what is saved, for this user alone. @throws what the system says */
export function makeSavedDirectory(directory: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/gu, '-')
  return mkdtempSync(join(directory, `${SAVED}${time}-`))
}

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
  const file = join(makeSavedDirectory(directory), basename(path))
  await database.backup(file)
  return file
}

/**
 * Takes our write-ahead log from beside a file that is not ours, once all of it is saved: the next who opens that file would
 * apply it there.
 */
export function takeLogAway(log: string, saved: string): void {
  renameSync(log, `${saved}-wal.old`)
}
