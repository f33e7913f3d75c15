import type { Database } from 'better-sqlite3'
import type { Reach } from '../../../protocol/identity/reach.ts'
import { isDaemonThread } from '../daemon-threads.ts'
import type { Sight } from '../sight.ts'

/** The number of the namespace of the daemon's own threads. */
const OWN = 0

/** The numbers of what a reach holds; no record is in two of them. */
export interface Within {
  readonly namespaces: readonly number[]
  /** Threads that are in none of the namespaces. */
  readonly threads: readonly number[]
}

/** The records that a reader may see: the same as `sees` of `sight.ts`, as SQL. */
export interface SightSql {
  /** A condition over the row `records`: 1 or 0. */
  readonly text: string
  readonly parameters: readonly string[]
  /** Undefined without a reach. */
  readonly within: Within | undefined
  seesNamespace(namespace: number): boolean
  /** Whether it sees a thread, by its number and that of its namespace. */
  seesThread(thread: number, namespace: number): boolean
}

export function sightSql(database: Database, { withoutOwn, reach }: Sight): SightSql {
  if (reach === undefined) {
    const seesNamespace = (namespace: number) => withoutOwn !== true || namespace !== OWN
    return {
      text: withoutOwn === true ? `(records.namespace <> ${OWN})` : '1',
      parameters: [],
      within: undefined,
      seesNamespace,
      seesThread: (_thread, namespace) => seesNamespace(namespace),
    }
  }
  const within = numbersOf(database, reach)
  const { namespaces, threads } = within
  return {
    text: `(records.namespace IN (SELECT value FROM json_each(?))
      OR records.thread IN (SELECT value FROM json_each(?)))`,
    parameters: [JSON.stringify(namespaces), JSON.stringify(threads)],
    within,
    seesNamespace: (namespace) => namespaces.includes(namespace),
    seesThread: (thread, namespace) => namespaces.includes(namespace) || threads.includes(thread),
  }
}

function numbersOf(database: Database, reach: Reach): Within {
  const below = database
    .prepare<[string, string, string], number>(
      'SELECT id FROM namespaces WHERE name = ? OR (name > ? AND name < ?)',
    )
    .pluck()
  // `0` comes after `/`: so these are the names below, and `team2` is not below `team`.
  const namespaces = new Set(
    reach.namespaces.flatMap((name) => below.all(name, `${name}/`, `${name}0`)),
  )
  const find = database.prepare<[string], { first_seq: number; namespace: number }>(
    'SELECT first_seq, namespace FROM threads WHERE thread = ?',
  )
  const threads = reach.threads.flatMap((thread) => {
    const row = isDaemonThread(thread) ? undefined : find.get(thread)
    return row === undefined || namespaces.has(row.namespace) ? [] : [row.first_seq]
  })
  return { namespaces: [...namespaces], threads }
}
