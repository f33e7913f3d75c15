import type { StoreReader } from './reader.ts'
import type { StoredRecord } from './stored-record.ts'

/** Where accounts are stated, and where an identity that takes over says so. */
export const ACCOUNTS_THREAD = 'th_service_accounts'

/** Earlier identities of this instance, each with the sequence number from which on its records count no more. */
export type Predecessors = ReadonlyMap<string, number>

export const NO_PREDECESSORS: Predecessors = new Map()

/** Whether this instance wrote the record itself, now or as it was called before. */
export function isOwn(record: StoredRecord, owner: string, predecessors: Predecessors): boolean {
  return record.origin === owner || record.seq < (predecessors.get(record.origin) ?? 0)
}

/**
 * Until where the records of each earlier identity count: up to the record with which the next one took over, its first on the thread of
 * the accounts. Whoever has an old key can sign as of old, but not arrive before that.
 *
 * @param lineage the identities before `owner`, the newest first
 */
export function predecessorsIn(
  store: StoreReader,
  owner: string,
  lineage: readonly string[],
): Predecessors {
  const ends = new Map<string, number>()
  let successor = owner
  let end = store.head() + 1
  for (const did of lineage) {
    const filter = { thread: ACCOUNTS_THREAD, actor: successor }
    const taken = store.page(filter, 0, store.head(), 1).records[0]
    // An identity that was replaced before it took over wrote nothing: the next one's end is this one's.
    end = taken?.seq ?? end
    ends.set(did, end)
    successor = did
  }
  return ends
}
