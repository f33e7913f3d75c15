/** What a search needs to know of the index. */
export interface SearchIndexView {
  /** The file to open; empty: there is none now; null: a store in memory has none. */
  readonly path: string | null
  /** How far it is at least. */
  readonly indexedSeq: number
  /** How many times it was made or opened anew. */
  readonly made: number
}
