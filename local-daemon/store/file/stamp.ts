import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { shellPath } from '../../problem/shell-word.ts'
import { StoreOpenError } from '../store-error.ts'
import { foreignIn } from './refuse-foreign-schema.ts'
import { isDatabaseError, meaningOf } from '../trouble/store-trouble.ts'

/*
 * SQLite applies a log to any file beside it. So the one row of table `store` has a stamp, `stamp:<now>:<before>`. A
 * new one is written when the database file has changed; `before` is what that file itself says, without the log. A log belongs
 * to a file that says `before`, or `now` if the log is already checkpointed into it. With any other file, the two are from different times.
 */

/** What a file says if its table does not exist yet: everything is in the log. */
const NONE = '0'.repeat(16)
const FORM = /stamp:([0-9a-f]{16}):([0-9a-f]{16})/u

/** Draws the stamp for what is written from now on. @param before what the file itself says */
export function newStamp(before: string = NONE): string {
  return `stamp:${randomBytes(8).toString('hex')}:${before}`
}

/** The part of a stamp that names the current writes; undefined in a store without a stamp. */
export function stampNow(stamp: string): string | undefined {
  return FORM.exec(stamp)?.[1]
}

/** Reads what a database file says, without SQLite and its log. */
export class StampPage {
  readonly #place: number
  readonly #page: Buffer

  constructor(database: Database) {
    const size = Number(database.pragma('page_size', { simple: true }))
    const sql = `SELECT rootpage FROM sqlite_schema WHERE name = 'store'`
    this.#place = (Number(database.prepare(sql).pluck().get() ?? 1) - 1) * size
    this.#page = Buffer.alloc(size)
  }

  /** @param file a descriptor. Closing one ends SQLite's locks on the file (fcntl(2)): not while it is open elsewhere. */
  read(file: number): string {
    const length = readSync(file, this.#page, 0, this.#page.length, this.#place)
    return FORM.exec(this.#page.toString('latin1', 0, length))?.[1] ?? NONE
  }
}

/**
 * Refuses a database beside a log from another time, before anything is written. Reads one row and one page, whatever the size.
 *
 * @throws StoreOpenError STORE_MIXED
 */
export function refuseMixed(path: string): void {
  if (sizeOf(path) === 0 || sizeOf(`${path}-wal`) === 0) return
  const fault = faultOf(path)
  if (fault === undefined) return
  throw new StoreOpenError(
    'STORE_MIXED',
    `The store ${path} and its log ${path}-wal do not belong together: ${fault}`,
    `Put back the ${shellPath(path)} that the log was written beside. To start with this copy, without what is in the log: mv ${shellPath(`${path}-wal`)} ${shellPath(`${path}-wal.other`)}; rm -f ${shellPath(`${path}-shm`)}`,
  )
}

function faultOf(path: string): string | undefined {
  let database: Database | undefined
  try {
    database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: 0 })
    database.pragma('trusted_schema = OFF')
    // The open that follows names what another program made of it. Until then nothing is read but a table.
    if (foreignIn(database) !== undefined) return undefined
    const row = database.prepare('SELECT * FROM store').get() as { stamp?: string } | undefined
    const [, now, before] = FORM.exec(row?.stamp ?? '') ?? []
    if (now === undefined) return undefined
    const found = readOnce(path, new StampPage(database))
    return found === now || found === before
      ? undefined
      : 'the log was written beside another state of the file'
  } catch (error) {
    const meaning = meaningOf(error)
    // The open that follows reports anything else than the content.
    const isContent = meaning === 'STORE_DAMAGED' || meaning === undefined
    if (isDatabaseError(error) && isContent) return error.message
    return undefined
  } finally {
    database?.close()
  }
}

/** In a process that has not opened the file otherwise. */
function readOnce(path: string, page: StampPage): string {
  const file = openSync(path, 'r')
  try {
    return page.read(file)
  } finally {
    closeSync(file)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
