import type { Database } from 'better-sqlite3'
import type { Findings } from './findings.ts'

/** Tables that records alone make, and the column that names a row. */
const TABLES = [
  ['threads', 'thread'],
  ['service_accounts', 'id'],
  ['tokens', 'token_id'],
  ['invites', 'id'],
  ['settings', 'key'],
  ['namespaces', 'name'],
  ['namespace_sizes', 'namespace'],
] as const

type Row = Readonly<Record<string, unknown>>

/** Compares the tables of a store, row by row, with those that were made anew from its records. */
export function compareTables(store: Database, rebuilt: Database, findings: Findings): void {
  for (const [table, key] of TABLES) {
    findings.guard('table', `table ${table}`, () => compare(table, key))
  }

  function compare(table: string, key: string): void {
    const sql = `SELECT * FROM ${table} ORDER BY ${key}`
    const found = store.prepare<[], Row>(sql).iterate()
    const wanted = rebuilt.prepare<[], Row>(sql).iterate()
    try {
      const name = firstDifference(found, wanted, key)
      if (name === undefined) return
      findings.add({
        check: 'table',
        message: `table ${table} is not what the records make of it, first at ${name}`,
      })
    } finally {
      // One that failed half way keeps its connection busy for all that comes.
      found.return?.()
      wanted.return?.()
    }
  }
}

/** The name of the first row that one of them has and the other has not, or has otherwise. */
function firstDifference(
  found: IterableIterator<Row>,
  wanted: IterableIterator<Row>,
  key: string,
): string | undefined {
  for (;;) {
    const [one, other] = [found.next(), wanted.next()]
    if (one.done === true && other.done === true) return undefined
    if (!sameRow(one.value, other.value)) return String(((other.value ?? one.value) as Row)[key])
  }
}

function sameRow(one: Row | undefined, other: Row | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
