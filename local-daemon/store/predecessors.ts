import { ACCOUNTS_THREAD } from './daemon-threads.ts'
import type { StoreReader } from './reader.ts'
import type { StoredRecord } from './stored-record.ts'

/** Earlier identities of this instance, each with the sequence number from which its records no longer count. */
export type Predecessors = ReadonlyMap<string, number>

export const NO_PREDECESSORS: Predecessors = new Map()

/** Whether this instance wrote the record itself, under its current or an earlier identity. */
export function isOwn(record: StoredRecord, owner: string, predecessors: Predecessors): boolean {
  return record.origin === owner || record.seq < (predecessors.get(record.origin) ?? 0)
}

/**
 * How far the records of each earlier identity count: up to the record with which the next one took over, its first on the thread of
 * the accounts. With an old key one can still sign, but not arrive before that record.
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
    // An identity that was replaced before it took over wrote nothing, so it ends where the next one does.
    end = taken?.seq ?? end
    ends.set(did, end)
    successor = did
  }
  return ends
}
