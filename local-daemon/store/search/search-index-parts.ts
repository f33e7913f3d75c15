/** What an index is made with. */
export interface SearchIndexParts {
  /** The database file of the store; null for one in memory, which has no index. */
  readonly store: string | null
  readonly epoch: string
  /** The newest record’s number. */
  readonly head: () => number
}
