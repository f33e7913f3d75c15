import Database from 'better-sqlite3'
import { flatJson, type StoredRecord, syncJson } from '../../../local-daemon/store/stored-record.ts'
import { sha256 } from '../../support/clients/ask.ts'

/** What the store holds, in order of arrival. */
export interface StoreSnapshot {
  readonly epoch: string
  readonly records: readonly SnapshotRecord[]
}

export interface SnapshotRecord {
  readonly seq: number
  readonly id: string
  readonly thread: string
  /** The key that the load wrote into the body; undefined: not of the load. */
  readonly key: string | undefined
  /** As the routes have to write it. */
  readonly flat: string
  readonly sync: string
  readonly flatSha256: string
  readonly syncSha256: string
  /** Whether the id is the hash of what is stored. */
  readonly sound: boolean
}

/** Reads the file itself, not through the product's reader. The daemon has to be gone. */
export function readStore(path: string): StoreSnapshot {
  const database = new Database(path, { readonly: true })
  try {
    const epoch = database.prepare('SELECT epoch FROM store').pluck().get() as string
    const rows = database
      .prepare(
        `SELECT seq, lower(hex(id)) AS id, thread, actor, raw, judged_by AS judgedBy, origin, sig
         FROM records ORDER BY seq`,
      )
      .all() as StoredRecord[]
    return { epoch, records: rows.map(snapshotOf) }
  } finally {
    database.close()
  }
}

function snapshotOf(row: StoredRecord): SnapshotRecord {
  const flat = flatJson(row)
  const sync = syncJson(row)
  return {
    seq: row.seq,
    id: row.id,
    thread: row.thread,
    key: /"body":\{"filling":"a*","key":"([^"]+)"\}/.exec(row.raw)?.[1],
    flat,
    sync,
    flatSha256: sha256(flat),
    syncSha256: sha256(sync),
    sound: sha256(row.raw) === row.id,
  }
}
