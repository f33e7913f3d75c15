/** What the owner is told of the index. */
export interface SearchIndexStatus {
  readonly enabled: boolean
  /** `off`: by the setting. `none`: a store in memory has no index; a search reads all records. `failing`: see `problem`. */
  readonly state: 'off' | 'none' | 'ready' | 'behind' | 'failing'
  /** Records that are not indexed yet. */
  readonly behind: number
  /** Of its files. */
  readonly bytes: number
  /** Why it does not get on; null while it does. */
  readonly problem: string | null
}
