import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { type AccessPath, choosePath, type Source } from './access-path.ts'
import { compileCondition } from './compile-condition.ts'
import { knownValues, type Range } from './known-values.ts'
import { defineFunctions } from './record-functions.ts'
import type { Hit, QueryResult, RecordQuery } from './record-query.ts'
import { type SightSql, sightSql } from './sight-sql.ts'
import { partsOf, stepBytes } from './step-bytes.ts'

type Walk = Extract<AccessPath, { kind: 'walk' }>

/** Records in the first step; each is chosen so that it takes about `queryStepMs`. */
const FIRST_STEP = 64
const LARGEST_STEP = 1_024
const MERGED_STEP = 128

const LISTED = { by: 'NOT INDEXED', where: 'seq IN (SELECT value FROM json_each(?)) AND' }

/**
 * Runs a query in steps: between two of them whoever drives it may stop it, and no read of the database is open, so a long query
 * keeps no log from being checkpointed. Records never change and are numbered by arrival, so the result is the same.
 */
export function* runQuery(database: Database, query: RecordQuery): Generator<void, QueryResult> {
  const sight = sightSql(database, query.sight)
  const path = choosePath(database, knownValues(query.condition), query.upTo, sight)
  const found = new Found(query)
  const steps = stepsOf({ database, query, sight }, path)
  let looked = 0
  for (const step of steps) {
    looked += step.looked
    if (found.add(step.hits)) break
    yield
  }
  const order = query.by === 'clock' ? 'clock, then arrival' : 'arrival'
  const way = query.descending ? 'the newest first' : 'the oldest first'
  const words = [path.words, 'applies the filter to each', `sorts by ${order}, ${way}`]
  return { ...found.result(), plan: { steps: words, looked } }
}

export interface Step {
  readonly hits: readonly Hit[]
  readonly looked: number
}

/** What every step needs. */
interface Parts {
  readonly database: Database
  readonly query: RecordQuery
  readonly sight: SightSql
}

/** Applies the filter of a query to the records of a path, in the order of the query. */
export function stepsOf(parts: Parts, path: AccessPath): Generator<Step> {
  if (path.kind === 'list') return listSteps(parts, path.seqs)
  const [only, ...others] = path.sources
  return only !== undefined && others.length === 0
    ? walkSteps(parts, path, only)
    : mergeSteps(parts, path)
}

function* listSteps(parts: Parts, seqs: readonly number[]): Generator<Step> {
  const { database, query, sight } = parts
  const match = prepareMatch(parts, LISTED)
  const visible = database
    .prepare<unknown[], number>(
      `SELECT seq FROM records WHERE seq IN (SELECT value FROM json_each(?)) AND ${sight.text}`,
    )
    .pluck()
  const { from, to } = restOf(query, { from: 0, to: query.upTo })
  const sorted = [...new Set(seqs)]
    .filter((seq) => seq > from && seq <= to)
    .toSorted((one, other) => (query.descending ? other - one : one - other))
  const most = stepBytes(query.condition)
  for (let at = 0; at < sorted.length; at += FIRST_STEP) {
    for (const some of partsOf(database, sorted.slice(at, at + FIRST_STEP), most)) {
      const hits = match([JSON.stringify(some)], 0, query.upTo)
      yield { hits, looked: visible.all(JSON.stringify(some), ...sight.parameters).length }
    }
  }
}

/** Several sources as one, in order of arrival: as cheap as what they have, whatever else the store has. */
function* mergeSteps(parts: Parts, path: Walk): Generator<Step> {
  const { database, query } = parts
  const match = prepareMatch(parts, LISTED)
  const sources = path.sources.map(({ by, where, parameters }) => {
    const statement = database
      .prepare<unknown[], number>(
        `SELECT seq FROM records ${by} WHERE ${where} seq > ? AND seq <= ?
         ORDER BY seq ${query.descending ? 'DESC' : ''} LIMIT ${MERGED_STEP}`,
      )
      .pluck()
    return (from: number, to: number) => statement.all(...parameters, from, to)
  })
  const most = stepBytes(query.condition)
  let { from, to } = restOf(query, path)
  for (;;) {
    const seqs = sources
      .flatMap((next) => next(from, to))
      .toSorted((one, other) => (query.descending ? other - one : one - other))
      .slice(0, MERGED_STEP)
    const last = seqs.at(-1)
    if (last === undefined) return
    for (const some of partsOf(database, seqs, most)) {
      yield { hits: match([JSON.stringify(some)], from, to), looked: some.length }
    }
    if (query.descending) to = last - 1
    else from = last
  }
}

function* walkSteps(parts: Parts, path: Walk, source: Source): Generator<Step> {
  const { database, query, sight } = parts
  const { where, by, parameters } = source
  const match = prepareMatch(parts, source)
  const [end, order] = query.descending ? ['min', 'DESC'] : ['max', '']
  const bound = database
    .prepare<unknown[], [number | null, number | null, number | null]>(
      `SELECT ${end}(seq), sum(seen), sum(bytes) FROM
         (SELECT seq, ${sight.text} AS seen, octet_length(raw) AS bytes FROM records ${by}
       WHERE ${where} seq > ? AND seq <= ? ORDER BY seq ${order} LIMIT ?)`,
    )
    .raw()
  let { from, to } = restOf(query, path)
  const most = stepBytes(query.condition)
  let size = FIRST_STEP
  while (from < to) {
    const began = performance.now()
    const [last, looked, bytes] = bound.get(...sight.parameters, ...parameters, from, to, size) ?? [
      null,
      0,
      0,
    ]
    if (last === null) return
    if ((bytes ?? 0) > most && size > 1) {
      size = Math.max(1, Math.floor((size * most) / (2 * (bytes ?? 1))))
      continue
    }
    const [low, high] = query.descending ? [last - 1, to] : [from, last]
    yield { hits: match(parameters, low, high), looked: looked ?? 0 }
    if (query.descending) to = last - 1
    else from = last
    const fits = (size * STORE_LIMITS.queryStepMs) / Math.max(0.1, performance.now() - began)
    size = Math.max(1, Math.min(2 * size, LARGEST_STEP, Math.floor(fits)))
  }
}

/** A page in order of arrival goes on where the one before ended. */
function restOf({ by, descending, after }: RecordQuery, { from, to }: Range): Range {
  if (after === undefined || by === 'clock') return { from, to }
  if (descending) return { from, to: Math.min(to, after.seq - 1) }
  return { from: Math.max(from, after.seq), to }
}

/** The records of a part of the log that meet the condition, in the order of the query if that is arrival. */
function prepareMatch({ database, query, sight }: Parts, path: Pick<Source, 'by' | 'where'>) {
  const { condition, descending, by, limit } = query
  const filter = compileCondition(condition)
  defineFunctions(database, filter)
  const statement = database
    .prepare<unknown[], [seq: number, clock: number]>(
      `SELECT seq, clock FROM records ${path.by}
       WHERE ${path.where} seq > ? AND seq <= ? AND ${sight.text} AND ${filter.text}
       ORDER BY seq ${descending ? 'DESC' : ''} LIMIT ?`,
    )
    .raw()
  const most = by === 'arrival' ? limit + 1 : -1
  return (parameters: readonly (string | number)[], after: number, upTo: number): Hit[] =>
    statement
      .all(...parameters, after, upTo, ...sight.parameters, ...filter.parameters, most)
      .map(([seq, clock]) => ({ seq, clock }))
}

/** The best hits so far: one more than the page has, to know whether there are more. */
class Found {
  readonly #query: RecordQuery
  #hits: Hit[] = []

  constructor(query: RecordQuery) {
    this.#query = query
  }

  /** Returns whether the page is complete, whatever comes. */
  add(hits: readonly Hit[]): boolean {
    const { by, after, limit } = this.#query
    for (const hit of hits) {
      if (after === undefined || this.#compare(after, hit) < 0) this.#hits.push(hit)
    }
    const most = limit + 1
    if (by === 'arrival') return this.#hits.length >= most
    if (this.#hits.length > 2 * most) this.#cut(most)
    return false
  }

  result(): { readonly hits: readonly Hit[]; readonly more: boolean } {
    const { limit } = this.#query
    this.#cut(limit + 1)
    return { hits: this.#hits.slice(0, limit), more: this.#hits.length > limit }
  }

  #cut(most: number): void {
    this.#hits = this.#hits.toSorted((one, other) => this.#compare(one, other)).slice(0, most)
  }

  #compare(one: Hit, other: Hit): number {
    const { by, descending } = this.#query
    const order =
      by === 'clock' && one.clock !== other.clock ? one.clock - other.clock : one.seq - other.seq
    return descending ? -order : order
  }
}
