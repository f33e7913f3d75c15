import { closeSync, openSync, realpathSync, type Stats, statSync } from 'node:fs'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { StampPage, stampNow } from './stamp.ts'
import { meaningOf, type LossCode } from '../trouble/store-trouble.ts'

/** What happened to a store's files: one is gone, another file has its name, or somebody overwrote it. */
export interface FileFault {
  readonly code: LossCode
  readonly file: string
  readonly isOverwritten: boolean
}

/** What this process wrote last, and must find again. */
export interface Written {
  readonly stamp: string
  readonly seq: number
  /** Of the record there, or its beginning, in hex digits; empty for none. */
  readonly id: string
}

/**
 * Tells whether the files of an open store are still what this process wrote. SQLite does not notice: it keeps writing to
 * a deleted file, and reads from its cache what somebody has overwritten.
 *
 * A look is two calls of stat(2). Only if a file has changed that this process did not write is it examined: another program
 * may have checkpointed the log, and then a connection with an empty cache finds everything.
 */
export class FileWatch {
  /** The database file itself, without links, and the log beside it. */
  readonly real: string
  readonly log: string
  readonly #path: string
  readonly #identities: ReadonlyMap<string, string>
  readonly #page: StampPage
  readonly #file: number
  /** Read-only, and closed last if the files are not ours any more, so that SQLite leaves them as they are. */
  readonly #witness: Database
  readonly #contents = new Map<string, string>()
  #found: string
  #isChanged = true

  /** Made while the database is open, so that the files are the ones that are written to. */
  constructor(database: Database, path: string) {
    this.#path = path
    this.real = realpathSync(path)
    this.log = `${this.real}-wal`
    this.#page = new StampPage(database)
    this.#file = openSync(this.real, 'r')
    this.#witness = openWitness(this.real)
    this.#witness.prepare('SELECT epoch FROM store').get()
    this.#identities = new Map(
      [path, this.real, this.log, `${this.real}-shm`].flatMap((file) => {
        const found = statOf(file)
        return found === undefined ? [] : [[file, identityOf(found)] as const]
      }),
    )
    this.#found = this.#page.read(this.#file)
    for (const file of [this.real, this.log]) {
      const found = statOf(file)
      if (found !== undefined) this.#contents.set(file, contentOf(found))
    }
  }

  /** What the file itself says: see `newStamp`. */
  get found(): string {
    return this.#found
  }

  /** Whether the database file has changed since the last stamp: then the next commit draws one. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** Whether the log is the one that this process writes, unchanged by others. */
  get isLogOurs(): boolean {
    const found = statOf(this.log)
    return (
      found !== undefined &&
      identityOf(found) === this.#identities.get(this.log) &&
      contentOf(found) === this.#contents.get(this.log)
    )
  }

  /** Before a write. @throws SQLite's error if another program has the files locked */
  before(written: Written): FileFault | undefined {
    return this.#look(written, false)
  }

  /** Between two writes, when there is time: checks all files. @throws as `before` */
  thoroughly(written: Written): FileFault | undefined {
    for (const file of this.#identities.keys()) {
      const fault = this.#identityFault(file, statOf(file))
      if (fault !== undefined) return fault
    }
    return this.#look(written, false)
  }

  /** After our own commit, which may have checkpointed the log. */
  after(written: Written): FileFault | undefined {
    return this.#look(written, true)
  }

  /** A stamp was drawn: what follows belongs to the file as it was at the last look. */
  stamped(): void {
    this.#isChanged = false
  }

  /** Before the database is closed normally. */
  release(): void {
    this.#witness.close()
  }

  /** After the database was closed. */
  end(): void {
    this.#witness.close()
    closeSync(this.#file)
  }

  #look(written: Written, isOurs: boolean): FileFault | undefined {
    if (this.#path !== this.real) {
      const fault = this.#identityFault(this.#path, statOf(this.#path))
      if (fault !== undefined) return fault
    }
    const [file, log] = [statOf(this.real), statOf(this.log)]
    const fault = this.#identityFault(this.real, file) ?? this.#identityFault(this.log, log)
    if (fault !== undefined || file === undefined || log === undefined) return fault
    const [fileNow, logNow] = [contentOf(file), contentOf(log)]
    const isFileChanged = fileNow !== this.#contents.get(this.real)
    const isLogForeign = !isOurs && logNow !== this.#contents.get(this.log)
    if (isFileChanged && (file.size === 0 || !this.#isFoldedOnly(written))) {
      return this.#overwritten(this.#path)
    }
    if ((isLogForeign || (isFileChanged && !isOurs)) && !this.#isReadable(written)) {
      return this.#overwritten(isLogForeign ? this.log : this.#path)
    }
    if (isFileChanged) {
      this.#isChanged = true
      this.#contents.set(this.real, fileNow)
    }
    this.#contents.set(this.log, logNow)
    return undefined
  }

  #identityFault(file: string, found: Stats | undefined): FileFault | undefined {
    const identity = this.#identities.get(file)
    if (identity === undefined) return undefined
    if (found === undefined) return { code: 'STORE_MISSING', file, isOverwritten: false }
    if (identityOf(found) === identity) return undefined
    return { code: 'STORE_REPLACED', file, isOverwritten: false }
  }

  #overwritten(file: string): FileFault {
    return { code: 'STORE_REPLACED', file, isOverwritten: true }
  }

  /** A checkpoint takes the file from its old stamp to the current one, never back. */
  #isFoldedOnly({ stamp }: Written): boolean {
    const found = this.#page.read(this.#file)
    if (found !== this.#found && found !== stampNow(stamp)) return false
    this.#found = found
    return true
  }

  /** Whether a connection with an empty cache finds what was acknowledged last. */
  #isReadable({ stamp, seq, id }: Written): boolean {
    let fresh: Database | undefined
    try {
      fresh = openWitness(this.real)
      if (fresh.prepare('SELECT stamp FROM store').pluck().get() !== stamp) return false
      if (seq === 0) return true
      const sql = 'SELECT lower(hex(id_start)) FROM records WHERE seq = ?'
      const found = fresh.prepare<[number], string>(sql).pluck().get(seq)
      return found !== undefined && id.startsWith(found)
    } catch (error) {
      const meaning = meaningOf(error)
      // A lock, or no descriptor left, says nothing about the content.
      if (meaning !== undefined && meaning !== 'STORE_DAMAGED') throw error
      return false
    } finally {
      fresh?.close()
    }
  }
}

function openWitness(path: string): Database {
  return new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: 0 })
}

/** Device and inode number of the file that a path leads to. */
function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}

/** Distinguishes one content of a file from another without reading it. */
function contentOf({ size, mtimeMs }: Stats): string {
  return `${size}:${mtimeMs}`
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // A directory on the path is gone, or may not be entered any more.
    const { code = '' } = error as NodeJS.ErrnoException
    if (/^(?:ENOTDIR|EACCES|ELOOP)$/u.test(code)) return undefined
    throw error
  }
}
