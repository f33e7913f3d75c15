import type { Database } from 'better-sqlite3'
import { isDatabaseError } from '../trouble/store-trouble.ts'
import { type Ended, endedOf, type EndedKind } from './ended.ts'

/** In order of the records that ended them, or nearly: the oldest first. Each names only what its table has had since it is there. */
const IDS: Readonly<Record<EndedKind, { readonly table: string; readonly sql: string }>> = {
  accounts: {
    table: 'service_accounts',
    sql: 'SELECT id FROM service_accounts WHERE revoked_at IS NOT NULL ORDER BY revoked_at',
  },
  tokens: {
    table: 'tokens',
    sql: 'SELECT token_id FROM tokens WHERE revoked_at IS NOT NULL ORDER BY revoked_at',
  },
  invites: {
    table: 'invites',
    sql: `SELECT id FROM invites WHERE revoked_at IS NOT NULL OR redeemed_at IS NOT NULL
      ORDER BY coalesce(revoked_at, redeemed_at)`,
  },
  records: {
    table: 'redactions',
    sql: 'SELECT lower(hex(id)) FROM redactions ORDER BY redacted_at',
  },
}

/** What has ended by the tables of a store, of any schema up to this one's. Throws SQLite's error. */
export function endedIn(database: Database): Ended {
  return endedOf((kind) => {
    const { table, sql } = IDS[kind]
    if (!hasColumn(database, table, kind === 'records' ? 'id' : 'revoked_at')) return []
    return database.prepare<[], string>(sql).pluck().all()
  })
}

/** The same; undefined if the tables cannot be read. Throws what is no error of SQLite. */
export function endedUnlessDamaged(database: Database): Ended | undefined {
  try {
    return endedIn(database)
  } catch (error) {
    if (isDatabaseError(error)) return undefined
    throw error
  }
}

/** Whether a store of some earlier schema has that column. */
export function hasColumn(database: Database, table: string, column: string): boolean {
  const columns = database.pragma(`table_info(${table})`) as readonly { readonly name: string }[]
  return columns.some(({ name }) => name === column)
}
