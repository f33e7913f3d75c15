import { constants, copyFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeSavedDirectory } from './save-aside.ts'
import { StoreOpenError } from '../store-error.ts'

/**
 * A copy of the write-ahead log that a killed daemon left, made before SQLite sees it. SQLite takes from a log what its
 * checksums confirm and drops the rest, and drops all of it beside an empty database, even if the start is refused
 * (sqlite.org/walformat.html, "Recovery"). A refused start must change nothing, and the log may have acknowledged records.
 *
 * Its name says how the database file was then: `hub.db-wal.kept-<size>-<mtime>`. While that is unchanged, nothing of the log has gone into
 * it, and the copy may replace the log again; afterwards it is only kept. So the next start understands one that was
 * killed at any step.
 */
export class KeptLog {
  readonly #database: string
  readonly #copy: string

  private constructor(database: string, copy: string) {
    this.#database = database
    this.#copy = copy
  }

  /** Undefined if there is no log. Throws the system's error, for example on a full disk: then nothing is opened. */
  static of(database: string): KeptLog | undefined {
    const log = `${database}-wal`
    const left = leftBehind(database)
    if (left !== undefined) {
      const before = new KeptLog(database, left)
      // From a killed start. Either it changed nothing, or what it took of the log is in the database.
      if (before.#isUntouched) before.putBack()
      else return before
    }
    if (!holdsBytes(log)) return undefined
    const copy = keptName(database)
    copyFileSync(log, `${log}.part`, constants.COPYFILE_FICLONE)
    renameSync(`${log}.part`, copy)
    return new KeptLog(database, copy)
  }

  get #isUntouched(): boolean {
    return keptName(this.#database) === this.#copy
  }

  /** The store could not be opened: restores everything, or leaves the copy where the owner finds it. */
  putBack(): void {
    if (this.#isUntouched) renameSync(this.#copy, `${this.#database}-wal`)
    else this.save()
  }

  /** The store has less than before: keeps the log in its own directory. Returns its path. */
  save(): string {
    const directory = makeSavedDirectory(dirname(this.#database))
    const path = join(directory, `${basename(this.#database)}-wal`)
    renameSync(this.#copy, path)
    return path
  }

  /** Everything in it is in the store. */
  drop(): void {
    rmSync(this.#copy)
  }
}

/** The copy's name for the database file as it is now. */
function keptName(database: string): string {
  const found = statSync(database, { throwIfNoEntry: false })
  return `${database}-wal.kept-${found?.size ?? 0}-${found?.mtimeMs ?? 0}`
}

function leftBehind(database: string): string | undefined {
  const directory = dirname(database)
  const start = `${basename(database)}-wal.kept-`
  const name = readdirSync(directory).find((one) => one.startsWith(start))
  return name === undefined ? undefined : join(directory, name)
}

/**
 * Refuses to open a database of 0 bytes beside a log with content: SQLite would remove the log, even for a reader.
 *
 * @throws StoreOpenError STORE_UNREADABLE
 */
export function refuseLoneLog(database: string): void {
  if (holdsBytes(database) || !holdsBytes(`${database}-wal`)) return
  throw new StoreOpenError(
    'STORE_UNREADABLE',
    `Open store ${database}: it is empty, and its log ${database}-wal is not; nothing was touched`,
    'Copy both away first. Then put back a copy of the store with its -wal, and see: spl verify.',
  )
}

function holdsBytes(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
}
