import type { Database } from 'better-sqlite3'
import type { QueryResult, RecordQuery } from './query/record-query.ts'
import type { ClocksRequest, ThreadClocks } from './query/thread-clocks.ts'
import { driveHere } from './read-pool/drive-here.ts'
import { type ReadJob, type ReadResults, startJob } from './read-pool/read-job.ts'
import { type ReadCaller, ReadPool } from './read-pool/read-pool.ts'
import type { RecordSearch, SearchResult } from './search/record-search.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { StoreState } from './trouble/store-state.ts'
import { isLoss, problemFrom, type StoreTrouble } from './trouble/store-trouble.ts'

/** Reads that may be slow. They run beside the daemon, in a bounded time. */
export interface SlowReads {
  /** Finds records. Rejects with `ProblemError`: `QUERY_TOO_SLOW`, `QUERY_BUSY`, `STORE_…`. */
  query(query: RecordQuery, caller: ReadCaller): Promise<QueryResult>
  /** The highest clocks of a thread. Rejects as `query`. */
  clocks(clocks: ClocksRequest, caller: ReadCaller): Promise<ThreadClocks>
  /** Finds records by words. Rejects as `query`. */
  search(
    search: Omit<RecordSearch, 'index' | 'indexedSeq' | 'epoch'>,
    caller: ReadCaller,
  ): Promise<SearchResult>
}

export interface SlowReadsParts {
  /** The database file; null for a store in memory. */
  readonly path: string | null
  readonly database: Database
  readonly epoch: string
  readonly state: StoreState
  /** Checks whether the files are still the ones that are open. Throws if they are locked. */
  readonly check: () => void
  readonly searchIndex: Pick<SearchIndex, 'view' | 'distrust'>
}

export function createSlowReads(parts: SlowReadsParts): SlowReads & { close(): void } {
  const { path, database, epoch, state, check, searchIndex } = parts
  const pool = path === null ? undefined : new ReadPool({ path, epoch })

  /** What is wrong if the files are no longer the ones that are open: then nobody else may read them. */
  function loss(): StoreTrouble | undefined {
    try {
      check()
    } catch {
      // A lock says nothing about the files.
    }
    return state.end !== undefined && isLoss(state.end) ? state.end : undefined
  }

  async function run<Kind extends ReadJob['kind']>(
    job: ReadJob & { readonly kind: Kind },
    caller: ReadCaller,
  ): Promise<ReadResults[Kind]> {
    try {
      const result =
        pool === undefined
          ? await driveHere(startJob(database, job), caller.signal)
          : await pool.run(job, caller)
      // Afterwards: a file that was replaced meanwhile may be what was read.
      const lost = loss()
      if (lost !== undefined) throw problemFrom(lost)
      return result as ReadResults[Kind]
    } catch (error) {
      const lost = loss()
      throw lost === undefined ? state.refusal(error, 'reading') : problemFrom(lost)
    }
  }

  return {
    query: (query, caller) => run({ kind: 'query', query }, caller),
    clocks: (clocks, caller) => run({ kind: 'clocks', clocks }, caller),
    async search(search, caller) {
      const view = searchIndex.view()
      const { path: index, indexedSeq } = view
      const job = { kind: 'search', search: { ...search, index, indexedSeq, epoch } } as const
      const result = await run(job, caller)
      if (result.isIndexUnusable) searchIndex.distrust(view)
      return result
    },
    close: () => pool?.close(),
  }
}
