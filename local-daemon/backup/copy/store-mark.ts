import type { Database } from 'better-sqlite3'

/** What a store is at one moment, by what has been the same in every schema. */
export interface StoreMark {
  readonly epoch: string
  /** The newest sequence number: there are as many records, because it has no gaps. */
  readonly records: number
  /** The first 16 digits of the id of the record there; empty for none. */
  readonly headId: string
  readonly schema: number
}

/** Reads it, in one transaction. Throws SQLite's error. */
export function markOf(database: Database): StoreMark {
  return database
    .transaction((): StoreMark => {
      const epoch = String(database.prepare('SELECT epoch FROM store').pluck().get() ?? '')
      const records = Number(
        database.prepare('SELECT coalesce(max(seq), 0) FROM records').pluck().get(),
      )
      const schema = Number(database.pragma('user_version', { simple: true }))
      return { epoch, records, headId: idStartAt(database, records), schema }
    })
    .deferred()
}

/** Digits of an id that every store keeps, whatever its schema. */
export const ID_DIGITS = 16

/** The first digits of the id of the record at a sequence number; empty for none. */
export function idStartAt(database: Database, seq: number): string {
  const columns = database.pragma('table_info(records)') as { readonly name: string }[]
  // Schema 5 and older kept the whole id.
  const column = columns.some(({ name }) => name === 'id_start') ? 'id_start' : 'id'
  const start = database.prepare(`SELECT ${column} FROM records WHERE seq = ?`).pluck().get(seq)
  return Buffer.isBuffer(start) ? start.toString('hex').slice(0, ID_DIGITS) : ''
}
