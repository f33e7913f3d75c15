import type { Database } from 'better-sqlite3'
import { StoreOpenError } from '../../store/store-error.ts'
import { ACCOUNTS_THREAD } from '../../store/daemon-threads.ts'
import { checkRecord, RECORD_COLUMNS, type RecordColumns } from './check-record.ts'

/**
 * Refuses a store whose accounts another identity signed: it may be whole, and what this home makes of its records says nothing about that.
 *
 * @throws StoreOpenError IDENTITY_MISMATCH
 */
export async function refuseForeign(
  database: Database,
  options: {
    readonly path: string
    readonly did: string
    readonly lineage: readonly string[]
  },
): Promise<void> {
  const { path, did, lineage } = options
  const newest = newestOfAccounts(database)
  if (newest === undefined) return
  const record = await checkRecord(newest)
  // A record that does not hold is damage, whatever identity it names.
  if (typeof record === 'string' || [did, ...lineage].includes(record.origin)) return
  throw new StoreOpenError(
    'IDENTITY_MISMATCH',
    `The store ${path} belongs to ${record.origin}, and this home is ${did}: nothing of it was judged`,
    'Name its home: spl verify --home <dir> --store <file>. After a new identity: put back successions.json beside the key.',
  )
}

function newestOfAccounts(database: Database): RecordColumns | undefined {
  try {
    const newest = `${RECORD_COLUMNS} WHERE t.thread = ? ORDER BY r.seq DESC LIMIT 1`
    return database.prepare<[string], RecordColumns>(newest).get(ACCOUNTS_THREAD)
  } catch {
    // What cannot be read is named by the checks.
    return undefined
  }
}
