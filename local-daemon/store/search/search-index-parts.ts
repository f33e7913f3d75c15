import type { StoreState } from '../trouble/store-state.ts'

/** What an index is made with. */
export interface SearchIndexParts {
  /** The database file of the store; null for one in memory, which has no index. */
  readonly store: string | null
  readonly epoch: string
  /** The newest record’s number. */
  readonly head: () => number
  /** Whether a bulk append is under way. */
  readonly isBulk: () => boolean
  /** Once the store has come to an end, its file may be another one, which is not opened, not even to read. */
  readonly state: Pick<StoreState, 'end'>
}
