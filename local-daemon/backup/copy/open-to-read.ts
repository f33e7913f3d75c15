import { statSync } from 'node:fs'
import BetterSqlite, { type Database } from 'better-sqlite3'
import { refuseLoneLog } from '../../store/file/kept-log.ts'
import { openFailure } from '../../store/file/open-connection.ts'
import { refuseForeignSchema } from '../../store/file/refuse-foreign-schema.ts'
import { StoreOpenError } from '../../store/store-error.ts'

/** How long to wait for a lock of another program, milliseconds: nobody waits for us. */
const BUSY_MS = 5_000

/**
 * Opens a database for reading alone, whatever its schema, also while a daemon writes to it. Nothing of it or its log changes.
 *
 * @throws StoreOpenError, also STORE_FOREIGN_SCHEMA
 */
export function openToRead(path: string): Database {
  refuseLoneLog(path)
  let database: Database | undefined
  try {
    // SQLite says of a missing file only that it cannot open it.
    statSync(path)
    database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS })
    database.pragma('trusted_schema = OFF')
    refuseForeignSchema(database, path)
    return database
  } catch (error) {
    const reason = error instanceof StoreOpenError ? error : openFailure(path, error)
    database?.close()
    throw reason
  }
}
