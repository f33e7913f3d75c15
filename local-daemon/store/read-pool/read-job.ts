import type { Database } from 'better-sqlite3'
import type { QueryResult, RecordQuery } from '../query/record-query.ts'
import { runQuery } from '../query/run-query.ts'
import type { RecordSearch, SearchResult } from '../search/record-search.ts'
import { runSearch } from '../search/run-search.ts'
import { type ClocksRequest, threadClocks, type ThreadClocks } from '../query/thread-clocks.ts'

/** A read that may be slow. Plain data: it goes to another thread. */
export type ReadJob =
  | { readonly kind: 'query'; readonly query: RecordQuery }
  | { readonly kind: 'clocks'; readonly clocks: ClocksRequest }
  | { readonly kind: 'search'; readonly search: RecordSearch }

/** What each kind gives. */
export interface ReadResults {
  readonly query: QueryResult
  readonly clocks: ThreadClocks
  readonly search: SearchResult
}

/**
 * Starts a job. Between two steps whoever drives it may stop it. Then call its
 * `return`: it may have something open. Throws SQLite’s errors.
 */
export function startJob(database: Database, job: ReadJob): Generator<void, unknown> {
  switch (job.kind) {
    case 'query':
      return runQuery(database, job.query)
    case 'clocks':
      return threadClocks(database, job.clocks)
    case 'search':
      return runSearch(database, job.search)
  }
}
