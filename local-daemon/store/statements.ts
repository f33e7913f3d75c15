import type { Database } from 'better-sqlite3'
import { prepareRecordStatements } from './record-statements.ts'
import { prepareTableStatements } from './table-statements.ts'

export type Statements = ReturnType<typeof prepareStatements>

/** Every statement of the store, prepared once: preparing costs five times as much as running. */
export function prepareStatements(database: Database) {
  return { ...prepareRecordStatements(database), ...prepareTableStatements(database) }
}
