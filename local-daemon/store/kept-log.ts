import {
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SAVED } from './save-aside.ts'
import { StoreOpenError } from './store-error.ts'

/**
 * A copy of the write-ahead log that a killed daemon has left, made before SQLite sees it. SQLite takes of a log what its
 * checksums hold for and drops the rest, and drops all of it beside an empty database, also where a start is refused
 * (sqlite.org/walformat.html, "Recovery"). A refused start must change nothing, and what was acknowledged may be in there.
 */
export class KeptLog {
  readonly #log: string
  readonly #copy: string

  private constructor(log: string, copy: string) {
    this.#log = log
    this.#copy = copy
  }

  /** Undefined where there is no log. Throws what the system says, a full disk for example: nothing is opened then. */
  static of(database: string): KeptLog | undefined {
    const log = `${database}-wal`
    const copy = `${log}.kept`
    // One that is there is of a start that was killed: it is older, and whole.
    if (existsSync(copy)) return new KeptLog(log, copy)
    if (!holdsBytes(log)) return undefined
    copyFileSync(log, `${copy}.part`, constants.COPYFILE_FICLONE)
    renameSync(`${copy}.part`, copy)
    return new KeptLog(log, copy)
  }

  /** The store could not be opened: everything is as it was. */
  putBack(): void {
    if (holdsBytes(this.#log)) rmSync(this.#copy)
    else renameSync(this.#copy, this.#log)
  }

  /** The store holds less than it had: the log stays, in a directory of its own. Returns its path. */
  save(): string {
    const time = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/gu, '-')
    const directory = mkdtempSync(join(dirname(this.#log), `${SAVED}${time}-`))
    const path = join(directory, basename(this.#log))
    renameSync(this.#copy, path)
    return path
  }

  /** Everything that was in it is in the store. */
  drop(): void {
    rmSync(this.#copy)
  }
}

/**
 * Refuses to open a database of 0 bytes beside a log that is not: SQLite would remove the log, even for a reader.
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
