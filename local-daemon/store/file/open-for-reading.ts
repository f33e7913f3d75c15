import BetterSqlite, { type Database } from 'better-sqlite3'
import { MIGRATIONS } from './migrations.ts'
import { APPLICATION_ID } from './open-connection.ts'
import { foreignIn } from './refuse-foreign-schema.ts'

/**
 * Opens a second connection to a store that this process has open, which can only read. It has the writer’s settings as far as they are about
 * reading. Throws SQLite’s errors, and one for a file that is not the open store.
 */
export function openForReading(path: string, epoch: string): Database {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: 0 })
  try {
    for (const setting of ['trusted_schema = OFF', 'query_only = ON', 'temp_store = MEMORY']) {
      database.pragma(setting)
    }
    const isOurs =
      database.pragma('application_id', { simple: true }) === APPLICATION_ID &&
      database.pragma('user_version', { simple: true }) === MIGRATIONS.length &&
      foreignIn(database) === undefined &&
      database.prepare('SELECT epoch FROM store').pluck().get() === epoch
    if (!isOurs) throw new Error(`Read ${path}: it is not the store that is open`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
