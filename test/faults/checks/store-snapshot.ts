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
  /** Whether what is stored hashes to what is kept of the id. */
  readonly sound: boolean
}

/** Reads the file itself, not through the product's reader. The daemon has to be gone. */
export function readStore(path: string): StoreSnapshot {
  const database = new Database(path, { readonly: true })
  try {
    const epoch = database.prepare('SELECT epoch FROM store').pluck().get() as string
    const rows = database
      .prepare(
        `SELECT r.seq, lower(hex(r.id_start)) AS idStart, t.thread, a.name AS actor, r.raw,
           lower(hex(r.judged_by)) AS judgedBy, o.name AS origin, r.sig
         FROM records r JOIN threads t ON t.first_seq = r.thread JOIN names a ON a.id = r.actor
           JOIN names o ON o.id = r.origin
         ORDER BY r.seq`,
      )
      .all() as Row[]
    return { epoch, records: rows.map(snapshotOf) }
  } finally {
    database.close()
  }
}

type Row = Omit<StoredRecord, 'id' | 'judgedBy'> & Readonly<Record<'idStart' | 'judgedBy', string>>

function snapshotOf(found: Row): SnapshotRecord {
  const id = sha256(found.raw)
  const row = { ...found, id, judgedBy: found.judgedBy === '' ? null : found.judgedBy }
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
    sound: id.startsWith(row.idStart),
  }
}
