import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { ID_START_DIGITS } from '../to-stored-record.ts'
import { ANY, type KnownValues, type Range } from './known-values.ts'
import type { SightSql } from './sight-sql.ts'

/** Records that one index has in order of arrival. */
export interface Source {
  /** `INDEXED BY …`, so that nothing in a filter makes SQLite take another way. */
  readonly by: string
  /** SQL between WHERE and the range of `seq`, such as `thread = ? AND`; empty for all records. */
  readonly where: string
  /** The columns in it, and the number of each. */
  readonly columns: readonly PlaceColumn[]
  readonly parameters: readonly number[]
}

export type PlaceColumn = 'namespace' | 'thread' | 'actor'

/** The records that a filter is applied to. */
export type AccessPath =
  /** Those of some sources, within a part of the log: `from < seq <= to`. */
  | {
      readonly kind: 'walk'
      readonly words: string
      readonly sources: readonly Source[]
      readonly from: number
      readonly to: number
    }
  /** These. */
  | { readonly kind: 'list'; readonly words: string; readonly seqs: readonly number[] }

const ALL: Source = { by: 'NOT INDEXED', where: '', columns: [], parameters: [] }

function of(columns: readonly PlaceColumn[], ...parameters: number[]): Source {
  const index = columns.join() === 'thread,actor' ? 'both' : columns[0]
  const where = columns.map((name) => `${name} = ? AND`).join(' ')
  return { by: `INDEXED BY records_by_${index}`, where, columns, parameters }
}

/**
 * Chooses how the records are found, by what is known of each. What the reader may not see is found as what is not there.
 */
export function choosePath(
  database: Database,
  known: KnownValues,
  upTo: number,
  sight: SightSql,
): AccessPath {
  const path = chosen(database, known, upTo, sight)
  // The choice depends on what is there, also beyond the reach.
  return sight.within === undefined ? path : { ...path, words: 'walks what is within reach' }
}

function chosen(database: Database, known: KnownValues, upTo: number, sight: SightSql): AccessPath {
  if (known.ids !== undefined) return idPath(database, known.ids)
  const { from, to, words } = arrivalRange(database, known, upTo)
  const walk = (index: string, sources: readonly Source[]): AccessPath => {
    return { kind: 'walk', words: `walks ${index}${words}`, sources, from, to }
  }
  const actor = known.actor === undefined ? undefined : actorNumber(database, known.actor)
  const isNobody = known.actor !== undefined && actor === undefined
  if (known.thread !== undefined) {
    const thread = threadNumber(database, known.thread, sight)
    const index = `the index of threads${known.actor === undefined ? '' : ' and actors'}`
    if (thread === undefined || isNobody) return walk(index, [])
    if (actor === undefined) return walk(index, [of(['thread'], thread)])
    return (
      clockPath(database, [thread, actor], known.clock) ??
      walk(index, [of(['thread', 'actor'], thread, actor)])
    )
  }
  if (isNobody) return walk('the index of actors', [])
  if (known.namespace !== undefined) {
    const number = namespaceNumber(database, known.namespace)
    const threads = sight.within?.threads ?? []
    if (number !== undefined && sight.seesNamespace(number)) {
      return walk('the index of namespaces', [inNamespace(number, actor)])
    }
    // Single threads within a reach may be in it.
    if (number === undefined || threads.length === 0) return walk('the index of namespaces', [])
  }
  if (sight.within !== undefined) {
    const { namespaces, threads } = sight.within
    return walk('the indexes of namespaces and threads, within reach', [
      ...namespaces.map((namespace) => inNamespace(namespace, actor)),
      ...threads.map((thread) =>
        actor === undefined ? of(['thread'], thread) : of(['thread', 'actor'], thread, actor),
      ),
    ])
  }
  if (actor === undefined) return walk('all records', [ALL])
  const places = namespacesOf(database, actor).filter((namespace) => sight.seesNamespace(namespace))
  return walk(
    'the index of actors',
    places.map((namespace) => inNamespace(namespace, actor)),
  )
}

function inNamespace(namespace: number, actor: number | undefined): Source {
  return actor === undefined
    ? of(['namespace'], namespace)
    : of(['actor', 'namespace'], actor, namespace)
}

function idPath(database: Database, ids: readonly string[]): AccessPath {
  const find = database
    .prepare<[Buffer], number>(
      'SELECT seq FROM records INDEXED BY records_by_id WHERE id_start = ?',
    )
    .pluck()
  const starts = ids.filter((id) => /^[0-9a-f]{64}$/u.test(id))
  const seqs = starts.flatMap((id) => find.all(Buffer.from(id.slice(0, ID_START_DIGITS), 'hex')))
  return { kind: 'list', words: 'looks up each id in the index of ids', seqs }
}

function threadNumber(database: Database, thread: string, sight: SightSql): number | undefined {
  const row = database
    .prepare<[string], { first_seq: number; namespace: number }>(
      'SELECT first_seq, namespace FROM threads WHERE thread = ?',
    )
    .get(thread)
  const isSeen = row !== undefined && sight.seesThread(row.first_seq, row.namespace)
  return isSeen ? row.first_seq : undefined
}

function actorNumber(database: Database, actor: string): number | undefined {
  const sql = 'SELECT id FROM names WHERE name = ?'
  return database.prepare<[string], number>(sql).pluck().get(actor)
}

function namespaceNumber(database: Database, namespace: string): number | undefined {
  const sql = 'SELECT id FROM namespaces WHERE name = ?'
  return database.prepare<[string], number>(sql).pluck().get(namespace)
}

/** The namespaces that an actor has written in, one look-up each. */
function namespacesOf(database: Database, actor: number): readonly number[] {
  const next = database
    .prepare<[number, number], number | null>(
      'SELECT min(namespace) FROM records INDEXED BY records_by_actor WHERE actor = ? AND namespace > ?',
    )
    .pluck()
  const found: number[] = []
  for (let last = next.get(actor, -1); typeof last === 'number'; last = next.get(actor, last)) {
    found.push(last)
  }
  return found
}

/** By clock, where an actor’s clocks on a thread are bounded and name few records. */
function clockPath(
  database: Database,
  [thread, actor]: readonly [number, number],
  clock: Range,
): AccessPath | undefined {
  if (clock.from <= ANY.from && clock.to >= ANY.to) return undefined
  const most = STORE_LIMITS.queryCandidates
  const seqs = database
    .prepare<[number, number, number, number, number], number>(
      `SELECT seq FROM records INDEXED BY records_by_clock
       WHERE thread = ? AND actor = ? AND clock >= ? AND clock <= ? LIMIT ?`,
    )
    .pluck()
    .all(thread, actor, clock.from, clock.to, most + 1)
  if (seqs.length > most) return undefined
  return { kind: 'list', words: 'takes a range of the index of clocks', seqs }
}

/** The part of the log that arrived in a time. Clocks of computers are set back, so the index says which it is. */
function arrivalRange(database: Database, { created }: KnownValues, upTo: number) {
  if (created.from <= ANY.from && created.to >= ANY.to) return { from: 0, to: upTo, words: '' }
  const [first, last] = database
    .prepare<[number, number], [number | null, number | null]>(
      `SELECT min(seq), max(seq) FROM records INDEXED BY records_by_time
       WHERE received_at >= ? AND received_at <= ?`,
    )
    .raw()
    .get(created.from, created.to) ?? [null, null]
  const words = ', within the part of the log that the index of times gives'
  return { from: (first ?? 1) - 1, to: Math.min(upTo, last ?? 0), words }
}
