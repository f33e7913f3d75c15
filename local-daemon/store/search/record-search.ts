import type { Hit, RecordQuery } from '../query/record-query.ts'
import type { Match } from './matches.ts'

/** A search in records. Plain data: it goes to another thread. */
export interface RecordSearch {
  /** What else must hold. In order of arrival, the last first. */
  readonly query: RecordQuery & { readonly by: 'arrival'; readonly descending: true }
  /** Folded. */
  readonly words: readonly string[]
  /** The file of the index; empty: there is none now; null: there never is one, and all records are read. */
  readonly index: string | null
  /** How far it is at least: one that is not was replaced. */
  readonly indexedSeq: number
  readonly epoch: string
}

/** A record that was found, and where the words are in it. */
export interface FoundRecord extends Hit {
  readonly matches: readonly Match[]
}

export interface SearchResult {
  readonly hits: readonly FoundRecord[]
  /** Whether there are more after them. */
  readonly more: boolean
  /** How far the index is, of what the reader may see: the newest record in it, 0 for none. */
  readonly indexedTo: number
  /** Records that are newer. They are read instead, the newest `searchTail` of them. */
  readonly behind: number
  /** Whether all records were looked for: false while more are behind than are read. */
  readonly complete: boolean
  /** Whether the index turned out to be unusable: then it is to be made anew. */
  readonly isIndexUnusable: boolean
}
