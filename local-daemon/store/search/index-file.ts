import { closeSync, lstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { type Schema, schemaFault, schemaMadeBy } from '../file/schema-objects.ts'

/** "SPLS": an index of ours. */
export const APPLICATION_ID = 0x53504c53
/** Of the tables and of what is in an entry: with another one, the index is made anew. */
const VERSION = 2

const TABLES = `
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch TEXT NOT NULL,
  indexed_seq INTEGER NOT NULL,
  id_start BLOB,
  redactions INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5(
  namespace, thread, actor, text,
  content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE terms USING fts5vocab(words, row);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
`

/** How far an index is, and of which store it is. */
export interface IndexState {
  readonly epoch: string
  readonly indexed_seq: number
  /** The beginning of the id of the record there; null for 0. */
  readonly id_start: Buffer | null
  /** How many records were redacted when it was brought up to date. */
  readonly redactions: number
}

/** `hub.search.db` beside `hub.db`. Its name does not begin like the store’s file and log, which are copied together. */
export function indexPath(store: string): string {
  return join(dirname(store), `${basename(store, extname(store))}.search.db`)
}

function filesOf(path: string): readonly string[] {
  return ['', '-wal', '-shm', '-journal'].map((end) => `${path}${end}`)
}

/** Bytes of all its files. */
export function indexBytes(path: string): number {
  return filesOf(path).reduce(
    (bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}

/**
 * Takes it away. A directory in its place is not ours: it is put aside.
 *
 * @throws the system’s error
 */
export function removeIndex(path: string): void {
  if (isDirectory(path)) putAside(path)
  for (const file of filesOf(path)) rmSync(file, { force: true })
}

/**
 * Opens the index for writing; makes it if there is none, or none of this version. A database of another program is put aside.
 *
 * @param redactions of the store, for a new one
 * @throws the system’s error, or SQLite’s
 */
export function openIndex(path: string, epoch: string, redactions: number): Database {
  const opened = openOurs(path)
  if (opened !== undefined) return opened
  closeSync(openSync(path, 'a', 0o600))
  const database = new BetterSqlite(path, { timeout: BUSY_MS })
  try {
    database.pragma('page_size = 8192')
    database.pragma(`application_id = ${APPLICATION_ID}`)
    configure(database)
    database.exec(TABLES)
    database.prepare('INSERT INTO state VALUES (1, ?, 0, NULL, ?)').run(epoch, redactions)
    database.pragma(`user_version = ${VERSION}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const BUSY_MS = 1_000

/** The index that is there; otherwise makes room for one. */
function openOurs(path: string): Database | undefined {
  // A link leads to what is not ours.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    removeIndex(path)
    return undefined
  }
  let database: Database | undefined
  try {
    database = new BetterSqlite(path, { timeout: BUSY_MS })
    database.pragma('trusted_schema = OFF')
    const application = database.pragma('application_id', { simple: true })
    if (isMadeHere(database)) {
      configure(database)
      stateOf(database)
      return database
    }
    const isForeign =
      application !== APPLICATION_ID &&
      database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() !== 0
    database.close()
    if (isForeign) putAside(path)
  } catch (error) {
    database?.close()
    if (!isUnusable(error)) throw error
  }
  removeIndex(path)
  return undefined
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function putAside(path: string): void {
  let to = `${path}.aside`
  for (let n = 2; statSync(to, { throwIfNoEntry: false }) !== undefined; n += 1) {
    to = `${path}.aside.${n}`
  }
  renameSync(path, to)
}

/** Whether an error of SQLite says that the file is not what was written. */
export function isUnusable(error: unknown): boolean {
  const { code = '' } = error as { readonly code?: string }
  // A table that is missing or another one is SQLITE_ERROR.
  return /^SQLITE_(?:CORRUPT|NOTADB|ERROR|SCHEMA|MISMATCH|CONSTRAINT|FORMAT)/u.test(code)
}

function configure(database: Database): void {
  for (const setting of [
    'journal_mode = WAL',
    // A power cut may take the newest entries, never the form of the file; they are made again.
    'synchronous = NORMAL',
    'secure_delete = ON',
    'trusted_schema = OFF',
    'temp_store = MEMORY',
    'cache_size = -16384',
    'journal_size_limit = 16777216',
  ]) {
    database.pragma(setting)
  }
}

/** Whether it is an index of this version, and consists of its tables alone: any other is made anew. */
function isMadeHere(database: Database): boolean {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID) return false
  if (database.pragma('user_version', { simple: true }) !== VERSION) return false
  schema ??= schemaMadeBy([TABLES])
  return schemaFault(database, schema) === undefined
}

let schema: Schema | undefined

/** @throws SQLite’s error */
export function stateOf(database: Database): IndexState {
  const state = database
    .prepare<[], IndexState>('SELECT epoch, indexed_seq, id_start, redactions FROM state')
    .get()
  if (state === undefined) {
    throw Object.assign(new Error('the index says nothing about itself'), { code: 'SQLITE_FORMAT' })
  }
  return state
}

/** Opens the index of a store for a search; undefined if there is none to use now. */
export function openIndexForReading(path: string, epoch: string): Database | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined
  let database: Database | undefined
  try {
    database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: 100 })
    database.pragma('trusted_schema = OFF')
    if (isMadeHere(database) && stateOf(database).epoch === epoch) return database
  } catch {
    // Whoever writes it finds out what it is, and makes it anew.
  }
  database?.close()
  return undefined
}
