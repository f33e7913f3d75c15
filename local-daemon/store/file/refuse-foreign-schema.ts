import type { Database } from 'better-sqlite3'
import { shellPath } from '../../problem/shell-word.ts'
import { StoreOpenError } from '../store-error.ts'
import { MIGRATIONS } from './migrations.ts'
import { type Schema, type SchemaFault, schemaFault, schemaMadeBy } from './schema-objects.ts'

/** Of each version, once it was needed. */
const made = new Map<number, Schema>()

function schemaOf(version: number): Schema {
  const known = made.get(version) ?? schemaMadeBy(MIGRATIONS.slice(0, version))
  made.set(version, known)
  return known
}

/** What a store has that its own steps do not make; nothing of a store of a newer `spl` is known. */
export function foreignIn(database: Database): SchemaFault | undefined {
  const version = Number(database.pragma('user_version', { simple: true }))
  return version > MIGRATIONS.length ? undefined : schemaFault(database, schemaOf(version))
}

/**
 * Refuses a store that consists of anything but what its steps make, word for word. A trigger that somebody put into a copy would run with
 * the next write, and could make an admin of any token; a view or a changed table could give other rows than were proved.
 *
 * @param path what messages call it
 * @throws StoreOpenError STORE_FOREIGN_SCHEMA
 */
export function refuseForeignSchema(database: Database, path: string): void {
  const fault = foreignIn(database)
  if (fault === undefined) return
  const { message, drop } = fault
  const own =
    drop === undefined
      ? ''
      : ` If you made it yourself: sqlite3 ${shellPath(path)} ${JSON.stringify(drop)}`
  throw new StoreOpenError(
    'STORE_FOREIGN_SCHEMA',
    `The store ${path} was changed by another program: ${message}`,
    `Put a backup in its place: spl backup list, then spl restore.${own}`,
  )
}
