import type { Database, Statement } from 'better-sqlite3'

/** A table that only grows, with all its trees. */
export interface CountedTable {
  readonly name: string
  /** Counts a slice at each step; returns whether something seems to be missing. */
  mayBeOff(): Generator<void, boolean>
  /** Counts everything at this moment. */
  fault(): TreeFault | undefined
}

/** A tree with missing rows, and what it lacks, in words. */
export interface TreeFault {
  readonly tree: string
  readonly what: string
}

/** Rows of one slice: about a millisecond. */
const SLICE = 5_000
/** The largest table, counted last. */
const RECORDS = 'records'
/** Its old rows are deleted. */
const PASSING = 'idempotency_keys'

/** The tables of a store; those made from records come before the records. */
export function countedTables(database: Database): readonly CountedTable[] {
  const names = database
    .prepare<[string], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name = ?`,
    )
    .pluck()
    .all(RECORDS)
  return names.filter((name) => name !== PASSING).map((name) => countedTable(database, name))
}

function countedTable(database: Database, table: string): CountedTable {
  const indices = database
    .prepare<[string], string>(`SELECT name FROM pragma_index_list(?) WHERE partial = 0`)
    .pluck()
    .all(table)
  const trees = [new Tree(database, table), ...indices.map((one) => new Tree(database, table, one))]
  const last = database.prepare<[], number>(`SELECT coalesce(max(rowid), 0) FROM ${table}`).pluck()

  return {
    name: table,
    *mayBeOff() {
      const bound = newest()
      const counted: Counted[] = []
      for (const tree of trees) counted.push(yield* tree.inSlices(bound))
      const last = newest()
      return counted.some(({ rows, last: found }) => rows !== counted[0]?.rows || found > last)
    },
    fault() {
      const counts = trees.map((tree) => tree.atOnce())
      // Sequence numbers have no gaps. In other tables, the tree with most rows has lost least.
      const wanted = Math.max(...counts, table === RECORDS ? newest() : 0)
      const off = counts.findIndex((count) => count !== wanted)
      const tree = trees[off]?.name
      return tree === undefined
        ? undefined
        : { tree, what: `${tree} holds ${counts[off]} of ${wanted} rows` }
    },
  }

  function newest(): number {
    return last.get() ?? 0
  }
}

/** A value before every other of its type. */
const LEAST: Readonly<Record<string, unknown>> = { TEXT: '', BLOB: Buffer.alloc(0), INTEGER: -1 }

interface Counted {
  /** The rows up to a number: they never change later. */
  readonly rows: number
  /** The greatest number. */
  readonly last: number
}

/** One tree of the file: a table, or an index of it. */
class Tree {
  readonly name: string
  readonly #least: readonly unknown[]
  readonly #all: Statement<unknown[], number>
  readonly #slice: Statement<unknown[], Counted>
  readonly #edge: Statement<unknown[], unknown[]>

  constructor(database: Database, table: string, index?: string) {
    this.name = index ?? table
    const columns = index === undefined ? [] : columnsOf(database, table, index)
    this.#least = [...columns.map(({ type }) => LEAST[type]), -1]
    const key = [...columns.map(({ name }) => name), 'rowid']
    const of = `FROM ${table} ${index === undefined ? 'NOT INDEXED' : `INDEXED BY ${index}`}`
    const rows = `SELECT ${key.map((name, at) => `${name} AS k${at}`).join(', ')} ${of}`
    const next = afterPlace(rows, key)
    this.#all = database
      .prepare<unknown[], number>(`SELECT count(*) ${of} WHERE ${key[0]} >= ?`)
      .pluck()
    const row = `k${columns.length}`
    this.#slice = database.prepare<unknown[], Counted>(
      `SELECT count(*) FILTER (WHERE ${row} <= ?) AS rows, coalesce(max(${row}), 0) AS last
       FROM (${next} LIMIT ${SLICE})`,
    )
    this.#edge = database
      .prepare<unknown[], unknown[]>(`${next} LIMIT 1 OFFSET ${SLICE - 1}`)
      .raw(true)
  }

  atOnce(): number {
    return this.#all.get(this.#least[0]) ?? 0
  }

  *inSlices(bound: number): Generator<void, Counted> {
    let after = this.#least
    let [rows, last] = [0, 0]
    for (;;) {
      const place = placeValues(after)
      const found = this.#slice.get(bound, ...place)
      rows += found?.rows ?? 0
      last = Math.max(last, found?.last ?? 0)
      const edge = this.#edge.get(...place)
      if (edge === undefined) return { rows, last }
      after = edge
      yield
    }
  }
}

/** The columns of an index; the row number is part of each anyway. */
function columnsOf(database: Database, table: string, index: string) {
  return database
    .prepare<[string, string], { readonly name: string; readonly type: string }>(
      `SELECT i.name, t.type FROM pragma_index_info(?) i JOIN pragma_table_info(?) t ON t.name = i.name
       WHERE NOT (t.pk = 1 AND t.type = 'INTEGER') ORDER BY i.seqno`,
    )
    .all(index, table)
}

/**
 * The rows after a place, in the order of the tree. SQLite finds a place by equal columns and one greater column: a comparison
 * of all columns at once would scan everything with the same first column.
 */
function afterPlace(rows: string, key: readonly string[]): string {
  const parts = key.map((_, last) => {
    const equal = key.slice(0, last).map((name) => `${name} = ? AND `)
    const order = key.slice(last).join(', ')
    return `SELECT * FROM (${rows} WHERE ${equal.join('')}${key[last]} > ? ORDER BY ${order})`
  })
  return parts.toReversed().join(' UNION ALL ')
}

/** The values of a place, as `afterPlace` needs them. */
function placeValues(place: readonly unknown[]): readonly unknown[] {
  return place
    .map((_, last) => place.slice(0, last + 1))
    .toReversed()
    .flat()
}
