import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { freeBytes, hasNoInodes, noRoomIn } from './disk-room.ts'
import { migrate } from './migrations.ts'
import { refuseForeignSchema } from './refuse-foreign-schema.ts'
import { StoreOpenError } from '../store-error.ts'

/** "SPL1": this file is ours. */
export const APPLICATION_ID = 0x53504c31
/** Older ones can corrupt a WAL that is reset while another connection commits (sqlite.org/wal.html). */
const OLDEST_SQLITE = [3, 51, 3] as const
const PAGE_BYTES = 8192

/** SQLite's name for a database that is never written to a file. */
const MEMORY = ':memory:'

/** How to open a store, besides its path. */
export interface ConnectionOptions {
  /** Largest size of the file, bytes; beyond it writes fail as on a full disk. No limit by default. */
  readonly maxBytes?: number
  /** What messages call it, where its path says nothing to its owner. */
  readonly named?: string
  /** Called for a file without a schema, before anything is written to it; it may throw. */
  readonly onBlank?: () => void
}

/**
 * Opens the database file with the daemon's settings and the newest schema; makes it, mode 0600, if it is
 * missing; null opens one in memory. Throws `StoreOpenError`: a foreign or damaged file, a newer schema or one that another program has changed,
 * an SQLite that is too old.
 */
export function openConnection(path: string | null, options: ConnectionOptions = {}): Database {
  const named = options.named ?? path ?? MEMORY
  let database: Database | undefined
  try {
    // SQLite gives the WAL and its index the mode of the database file.
    if (path !== null) closeSync(openSync(path, 'a', 0o600))
    // Zero: if it is locked, the call fails at once. Waiting would stop the whole daemon.
    database = new BetterSqlite(path ?? MEMORY, { timeout: 0 })
    assertSqliteVersion(database)
    // First of all: a tampered file must not run functions through its views or triggers.
    database.pragma('trusted_schema = OFF')
    claim(database, named, options.onBlank)
    refuseForeignSchema(database, named)
    for (const setting of SETTINGS) database.pragma(setting)
    if (options.maxBytes !== undefined) {
      database.pragma(`max_page_count = ${Math.ceil(options.maxBytes / PAGE_BYTES)}`)
    }
    // The work of a step on a large store must not be in memory: it sorts whole indexes.
    database.pragma('temp_store = FILE')
    migrate(database)
    database.pragma('temp_store = MEMORY')
    // What is deleted or redacted is overwritten, not only forgotten. A step that makes a table anew rather makes the file anew.
    database.pragma('secure_delete = ON')
    return database
  } catch (error) {
    // Before anything is closed, because this checks what the system has left.
    const reason = error instanceof StoreOpenError ? error : openFailure(path ?? MEMORY, error)
    database?.close()
    throw reason
  }
}

/** Each with its reason. The order matters: the journal's mode comes before what depends on it. */
const SETTINGS = [
  'journal_mode = WAL',
  // The library's default in WAL is NORMAL: a power cut may then lose what was acknowledged.
  'synchronous = FULL',
  // On macOS a plain fsync does not reach the platter; elsewhere these two do nothing.
  'fullfsync = ON',
  'checkpoint_fullfsync = ON',
  'foreign_keys = ON',
  // 64 MiB: ids are random, so their index needs to stay in memory.
  'cache_size = -65536',
  'wal_autocheckpoint = 4000',
  'journal_size_limit = 67108864',
] as const

/** Marks a new file as ours, and refuses a foreign one. */
function claim(database: Database, path: string, onBlank: () => void = () => {}): void {
  const application = database.pragma('application_id', { simple: true })
  if (application === APPLICATION_ID) {
    // A copy made without the log that has its schema.
    if (database.pragma('user_version', { simple: true }) === 0) onBlank()
    return
  }
  const objects = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (application !== 0 || objects !== 0) {
    throw new StoreOpenError(
      'STORE_FOREIGN',
      `${path} is a database of another program`,
      'Move the file away, or set SYNCROPEL_HOME to another home.',
    )
  }
  onBlank()
  // The page size can only be chosen before the first page is written.
  database.pragma(`page_size = ${PAGE_BYTES}`)
  database.pragma(`application_id = ${APPLICATION_ID}`)
}

/** Why the file cannot be opened, from the error of the system or SQLite. */
export function openFailure(path: string, cause: unknown): StoreOpenError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const hidden = /^SQLITE_(?:CANTOPEN|IOERR)/.test(code) ? hiddenCause(path) : undefined
  const said = hidden ?? code
  const where = `Open store ${path}`
  const options = { cause }
  if (/^(?:ENOSPC|EDQUOT|SQLITE_FULL)/.test(said)) {
    const { what, see } = noRoomIn(dirname(path))
    return new StoreOpenError(
      'DISK_FULL',
      `${where}: ${what}`,
      `Make room (${see}), then start again. Nothing that was acknowledged is lost.`,
      options,
    )
  }
  if (/^(?:EACCES|EPERM|EROFS|SQLITE_READONLY|SQLITE_PERM)/.test(said)) {
    return new StoreOpenError(
      'STORE_NOT_WRITABLE',
      `${where}: ${message}`,
      'Run spl as the user whose file it is (ls -l shows who), on a disk that is not read-only; or chmod 600 it.',
      options,
    )
  }
  if (/^(?:EMFILE|ENFILE)/.test(said)) {
    return new StoreOpenError(
      'TOO_MANY_FILES',
      `${where}: the system lets this process open no more files`,
      'Set ulimit -n 4096 before the start, or LimitNOFILE= of the service.',
      options,
    )
  }
  if (/^(?:SQLITE_BUSY|SQLITE_LOCKED)/.test(said)) {
    return new StoreOpenError(
      'STORE_BUSY',
      `${where}: another program has it locked`,
      'End what has it open, such as a database browser or a backup: fuser -v <the file> shows it.',
      options,
    )
  }
  if (said === 'ENOENT') {
    return new StoreOpenError(
      'STORE_UNREADABLE',
      `${where}: there is no such file`,
      'Name another with --store <file>. A lost store: put back a copy of it with its -wal.',
      options,
    )
  }
  const isNone = said.startsWith('SQLITE_NOTADB')
  return new StoreOpenError(
    'STORE_UNREADABLE',
    `${where}: ${isNone ? 'it is not a database of SQLite, or its beginning is damaged' : message}`,
    'See that the disk is well. Another file: --store <path>. A damaged store: restore a backup of it.',
    options,
  )
}

/** Reasons that SQLite does not tell when a file cannot be opened or written: no descriptor is left, or no room. */
function hiddenCause(path: string): 'EMFILE' | 'ENOSPC' | undefined {
  try {
    closeSync(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EMFILE') return 'EMFILE'
  }
  const directory = dirname(path)
  const free = freeBytes(directory) ?? LEAST_ROOM_BYTES
  return free < LEAST_ROOM_BYTES || hasNoInodes(directory) ? 'ENOSPC' : undefined
}

/** With less, not even an empty store can be made. */
const LEAST_ROOM_BYTES = 256 * 1024

export function sqliteVersion(database: Database): string {
  return String(database.prepare('SELECT sqlite_version()').pluck().get())
}

function assertSqliteVersion(database: Database): void {
  const version = sqliteVersion(database)
  if (isAtLeast(version.split('.').map(Number), OLDEST_SQLITE)) return
  throw new StoreOpenError(
    'SQLITE_TOO_OLD',
    `SQLite ${version} can corrupt a store; ${OLDEST_SQLITE.join('.')} or newer is needed`,
    'Install spl again so that it brings its own SQLite: npm ci',
  )
}

/** Whether a version is the given one or newer, compared part by part. */
export function isAtLeast(version: readonly number[], oldest: readonly number[]): boolean {
  for (const [index, least] of oldest.entries()) {
    const part = version[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}
