import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { shellPath } from '../../problem/shell-word.ts'
import { StoreOpenError } from '../store-error.ts'
import { isDatabaseError, meaningOf } from '../trouble/store-trouble.ts'

/*
 * SQLite applies a log to whatever file lies beside it. So the one row of table `store` carries a stamp, `stamp:<now>:<before>`. A
 * new one is written when the file of the database has changed; `before` is what that file says itself, without the log. A log belongs
 * on a file that says `before`, or `now` if the log is folded into it already. On any other the two are of different times.
 */

/** What a file says of which the table is not there yet: everything is in the log. */
const NONE = '0'.repeat(16)
const FORM = /stamp:([0-9a-f]{16}):([0-9a-f]{16})/u

/** Draws the stamp of what is written from now on. @param before what the file says itself */
export function newStamp(before: string = NONE): string {
  return `stamp:${randomBytes(8).toString('hex')}:${before}`
}

/** The part of a stamp that names what is written now; undefined in a store that has none yet. */
export function stampNow(stamp: string): string | undefined {
  return FORM.exec(stamp)?.[1]
}

/** Reads what the file of a database says, past SQLite and its log. */
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
 * Refuses a database beside a log of another time, before anything of it is written. Takes a row and a page, however large they are.
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
    const row = database.prepare('SELECT * FROM store').get() as { stamp?: string } | undefined
    const [, now, before] = FORM.exec(row?.stamp ?? '') ?? []
    if (now === undefined) return undefined
    const found = readOnce(path, new StampPage(database))
    return found === now || found === before
      ? undefined
      : 'the log was written beside another state of the file'
  } catch (error) {
    const meaning = meaningOf(error)
    // Of anything else than its content the open that follows tells.
    const isContent = meaning === 'STORE_DAMAGED' || meaning === undefined
    if (isDatabaseError(error) && isContent) return error.message
    return undefined
  } finally {
    database?.close()
  }
}

/** In a process that has not opened it otherwise. */
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
