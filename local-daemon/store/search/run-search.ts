import type { Database } from 'better-sqlite3'
import { STORE_LIMITS } from '../limits.ts'
import { choosePath, type Source } from '../query/access-path.ts'
import { knownValues } from '../query/known-values.ts'
import type { Hit } from '../query/record-query.ts'
import { stepsOf } from '../query/run-query.ts'
import { type SightSql, sightSql } from '../query/sight-sql.ts'
import { isUnusable, openIndexForReading, stateOf } from './index-file.ts'
import { isOf } from './index-steps.ts'
import { matchesOf } from './matches.ts'
import type { FoundRecord, RecordSearch, SearchResult } from './record-search.ts'
import { askFor } from './word-candidates.ts'

/** Records that the index names in the first step and in the largest one. */
const FIRST_STEP = 64
const LARGEST_STEP = 4_096

/**
 * Runs a search in steps, as `runQuery` does: first over the records that are not indexed yet, then over those that the index
 * names. Each is read and looked at, so the index decides nothing but how long it takes.
 */
export function* runSearch(store: Database, search: RecordSearch): Generator<void, SearchResult> {
  const index = search.index === null ? undefined : openIndexForReading(search.index, search.epoch)
  try {
    return yield* new Search(store, index, search).run()
  } finally {
    index?.close()
  }
}

class Search {
  readonly #store: Database
  readonly #index: Database | undefined
  readonly #search: RecordSearch
  readonly #sight: SightSql
  readonly #hits: Hit[] = []
  #isFailed = false
  #isUnusable = false

  constructor(store: Database, index: Database | undefined, search: RecordSearch) {
    this.#store = store
    this.#index = index
    this.#search = search
    this.#sight = sightSql(store, search.query.sight)
  }

  *run(): Generator<void, SearchResult> {
    const { query, index } = this.#search
    const indexed = this.#indexedSeq()
    const path = choosePath(this.#store, knownValues(query.condition), query.upTo, this.#sight)
    const sources = path.kind === 'walk' ? path.sources : []
    let complete = true
    if (sources.length > 0) {
      const most = index === null ? Number.POSITIVE_INFINITY : STORE_LIMITS.searchTail
      complete = yield* this.#walk(sources, { from: indexed, to: query.upTo }, most)
      if (!this.#isFull && indexed > 0) yield* this.#ask(sources, Math.min(indexed, query.upTo))
    }
    const hits = this.#hits.slice(0, query.limit)
    const { indexedTo, behind } =
      index === null ? { indexedTo: query.upTo, behind: 0 } : this.#progress(indexed)
    return {
      hits: yield* this.#matched(hits),
      more: this.#hits.length > query.limit,
      indexedTo,
      behind,
      complete: complete && !this.#isFailed,
      isIndexUnusable: this.#isUnusable,
    }
  }

  get #isFull(): boolean {
    return this.#hits.length > this.#search.query.limit
  }

  /** 0 if there is no index that can be used. */
  #indexedSeq(): number {
    if (this.#index === undefined) {
      this.#isUnusable = this.#search.indexedSeq > 0
      return 0
    }
    return (
      this.#guarded(this.#index, (index) => {
        const state = stateOf(index)
        this.#isUnusable ||= state.indexed_seq < this.#search.indexedSeq
        return isOf(this.#store, state, this.#search.epoch) ? state.indexed_seq : 0
      }) ?? 0
    )
  }

  /** Reads the records of a part of the log, the last first, at most so many. Returns whether it has read all that it had to. */
  *#walk(
    sources: readonly Source[],
    { from, to }: { readonly from: number; readonly to: number },
    most: number,
  ): Generator<void, boolean> {
    const path = { kind: 'walk', words: '', sources, from, to } as const
    const parts = { database: this.#store, query: this.#search.query, sight: this.#sight }
    let looked = 0
    for (const step of stepsOf(parts, path)) {
      this.#hits.push(...step.hits)
      if (this.#isFull) return true
      looked += step.looked
      if (looked >= most) return false
      yield
    }
    return true
  }

  /** Looks at the records that the index names, up to a place. */
  *#ask(sources: readonly Source[], upTo: number): Generator<void, void> {
    const index = this.#index
    if (index === undefined) return
    const { query, words } = this.#search
    const asked = this.#guarded(index, () => askFor(index, words, sources))
    if (asked === 'none' || this.#isFailed) return
    if (asked === undefined) {
      yield* this.#walk(sources, { from: 0, to: upTo }, Number.POSITIVE_INFINITY)
      return
    }
    const find = this.#guarded(index, () =>
      index
        .prepare<[string, number, number], number>(
          'SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?',
        )
        .pluck(),
    )
    const parts = { database: this.#store, query, sight: this.#sight }
    let before = Math.min(upTo + 1, query.after?.seq ?? Number.POSITIVE_INFINITY)
    for (let size = FIRST_STEP; ; size = Math.min(2 * size, LARGEST_STEP)) {
      const seqs = this.#guarded(index, () => find?.all(asked, before, size)) ?? []
      const last = seqs.at(-1)
      if (last === undefined) return
      before = last
      for (const step of stepsOf(parts, { kind: 'list', words: '', seqs })) {
        this.#hits.push(...step.hits)
        if (this.#isFull) return
        yield
      }
    }
  }

  *#matched(hits: readonly Hit[]): Generator<void, readonly FoundRecord[]> {
    const textOf = this.#store
      .prepare<[number], string>('SELECT raw FROM records WHERE seq = ?')
      .pluck()
    const found: FoundRecord[] = []
    for (const hit of hits) {
      found.push({ ...hit, matches: matchesOf(textOf.get(hit.seq), this.#search.words) })
      yield
    }
    return found
  }

  /** How far the index is, counted of what the reader may see. */
  #progress(indexed: number): { readonly indexedTo: number; readonly behind: number } {
    const { within } = this.#sight
    const places =
      within === undefined
        ? [['NOT INDEXED', '', []] as const]
        : [
            ...within.namespaces.map(
              (number) =>
                ['INDEXED BY records_by_namespace', 'namespace = ? AND', [number]] as const,
            ),
            ...within.threads.map(
              (number) => ['INDEXED BY records_by_thread', 'thread = ? AND', [number]] as const,
            ),
          ]
    let [indexedTo, behind] = [0, 0]
    for (const [by, where, parameters] of places) {
      const newest = this.#store
        .prepare<unknown[], number | null>(
          `SELECT max(seq) FROM records ${by} WHERE ${where} seq <= ?`,
        )
        .pluck()
        .get(...parameters, indexed)
      indexedTo = Math.max(indexedTo, newest ?? 0)
      behind += this.#countAfter(indexed, by, where, parameters)
    }
    return { indexedTo, behind }
  }

  #countAfter(indexed: number, by: string, where: string, parameters: readonly number[]): number {
    // Numbers have no gaps, so nothing is counted where everything is seen.
    const what = where === '' ? 'coalesce(max(seq) - ?, 0)' : 'count(*)'
    const first = where === '' ? [indexed] : []
    return (
      this.#store
        .prepare<unknown[], number>(`SELECT ${what} FROM records ${by} WHERE ${where} seq > ?`)
        .pluck()
        .get(...first, ...parameters, indexed) ?? 0
    )
  }

  /** Undefined if the index cannot be read: what is wrong with it is nothing wrong with the store. */
  #guarded<Result>(index: Database, read: (index: Database) => Result): Result | undefined {
    try {
      return read(index)
    } catch (error) {
      const { code = '' } = error as { readonly code?: string }
      if (!code.startsWith('SQLITE_')) throw error
      this.#isFailed = true
      this.#isUnusable ||= isUnusable(error)
      return undefined
    }
  }
}
