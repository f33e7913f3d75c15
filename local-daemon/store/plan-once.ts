import type { Database, Statement } from 'better-sqlite3'

/**
 * Prepares a statement that SQLite plans once. If a plan may depend on a value that is bound, SQLite makes it again with
 * each use (built with `SQLITE_ENABLE_STAT4`, sqlite.org/c3ref/c_dbconfig_defensive.html at `ENABLE_QPSG`), which costs more
 * than the use. Behind a sign it does not look at the value; the type of the value stays.
 */
export function planOnce<Parameters extends unknown[], Result>(
  database: Database,
  sql: string,
): Statement<Parameters, Result> {
  return database.prepare<Parameters, Result>(sql.replaceAll('?', '+?'))
}
