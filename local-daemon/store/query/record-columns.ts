import { ACTS, DATA_TYPES } from '../../../protocol/records/record-form.ts'

/** How a field of a record is stored, and what it may be compared with. */
interface Column {
  /** Its value, of the row `records`. */
  readonly sql: string
  readonly type: 'text' | 'integer' | 'id'
  /** Where names are kept once: the column with their number, and the numbers of names. */
  readonly number?: { readonly sql: string; readonly of: string }
}

/** The fields that a query may name, besides `body.<path>`. `sig`, `raw` and `origin` are not among them. */
export const RECORD_COLUMNS: Readonly<Record<ColumnName, Column>> = {
  // The row has its first bytes alone, and the text of a redacted record another hash.
  id: {
    sql: 'coalesce((SELECT lower(hex(x.id)) FROM redactions x WHERE x.seq = records.seq), record_id(records.raw))',
    type: 'id',
  },
  thread: {
    sql: '(SELECT thread FROM threads WHERE first_seq = records.thread)',
    type: 'text',
    number: { sql: 'records.thread', of: 'SELECT first_seq FROM threads WHERE thread' },
  },
  actor: {
    sql: '(SELECT name FROM names WHERE names.id = records.actor)',
    type: 'text',
    number: { sql: 'records.actor', of: 'SELECT id FROM names WHERE name' },
  },
  act: { sql: nameOf('records.act', ACTS), type: 'text' },
  clock: { sql: 'records.clock', type: 'integer' },
  data_type: { sql: nameOf('records.data_type', DATA_TYPES), type: 'text' },
  // NULL for the daemon’s own threads, which are in none.
  namespace: {
    sql: '(SELECT name FROM namespaces WHERE namespaces.id = records.namespace)',
    type: 'text',
    number: { sql: 'records.namespace', of: 'SELECT id FROM namespaces WHERE name' },
  },
  /** Unix time, milliseconds. */
  created_at: { sql: 'records.received_at', type: 'integer' },
}

export type ColumnName =
  | 'id'
  | 'thread'
  | 'actor'
  | 'act'
  | 'clock'
  | 'data_type'
  | 'namespace'
  | 'created_at'

export function isColumnName(name: string): name is ColumnName {
  return Object.hasOwn(RECORD_COLUMNS, name)
}

/** The name of a number that counts from 0. */
function nameOf(sql: string, names: readonly string[]): string {
  return `CASE ${sql} ${names.map((name, number) => `WHEN ${number} THEN '${name}'`).join(' ')} END`
}
