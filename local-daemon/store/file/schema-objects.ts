import BetterSqlite, { type Database } from 'better-sqlite3'

/** A row of `sqlite_schema`: a table, an index, a view or a trigger, with the text that made it; null for an index that a table brings along. */
type SchemaRow = readonly [type: string, name: string, table: string, sql: string | null]

/** What a database consists of, row by row, and nothing else. */
export type Schema = ReadonlyMap<string, SchemaRow>

/** An object of a database that is not as it was made. */
export interface SchemaFault {
  /** In words, with the object's name. */
  readonly message: string
  /** The statement that takes the object out again, if it was only added. */
  readonly drop?: string
}

const ROWS = 'SELECT type, name, tbl_name, sql FROM sqlite_schema'

/** SQLite makes these itself: statistics for its planner, which hold no statement. */
const OF_SQLITE: readonly SchemaRow[] = [
  ['table', 'sqlite_stat1', 'sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'],
  [
    'table',
    'sqlite_stat4',
    'sqlite_stat4',
    'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)',
  ],
]
const ALLOWED: ReadonlySet<string> = new Set(OF_SQLITE.map(keyOf))

/** What some statements make in an empty database. */
export function schemaMadeBy(steps: readonly string[]): Schema {
  const database = new BetterSqlite(':memory:')
  try {
    for (const step of steps) database.exec(step)
    return new Map(rowsOf(database).map((row) => [keyOf(row), row]))
  } finally {
    database.close()
  }
}

/**
 * The first object of a database that is not of a schema, word for word, or is missing. It reads `sqlite_schema` alone, which nothing in a
 * file can make something else of: no statement of the file is run.
 */
export function schemaFault(database: Database, schema: Schema): SchemaFault | undefined {
  const found = new Set<string>()
  for (const row of rowsOf(database)) {
    const key = keyOf(row)
    const isOurs = schema.has(key) && !found.has(key)
    if (!isOurs && !ALLOWED.has(key)) return faultOf(row, schema)
    found.add(key)
  }
  for (const [key, [type, name]] of schema) {
    if (!found.has(key)) return { message: `the ${type} ${name} is missing` }
  }
  return undefined
}

function faultOf([type, name]: SchemaRow, schema: Schema): SchemaFault {
  const [kind, quoted] = [shown(type), shown(name)]
  if ([...schema.values()].some(([, ours]) => ours === name)) {
    return { message: `${kind} ${quoted} is not as spl made it` }
  }
  const message = `${kind} ${quoted} is not of spl`
  const isPlain = /^(?:table|index|view|trigger)$/u.test(type) && /^\w{1,60}$/u.test(name)
  return isPlain ? { message, drop: `DROP ${type.toUpperCase()} ${name}` } : { message }
}

/** Whoever wrote the file has chosen the name, and its length. */
function shown(text: string): string {
  const some = text.slice(0, 60)
  return /^\w+$/u.test(some) ? some : JSON.stringify(some)
}

function rowsOf(database: Database): readonly SchemaRow[] {
  return database.prepare(ROWS).raw().all() as SchemaRow[]
}

function keyOf(row: SchemaRow): string {
  return JSON.stringify(row)
}
