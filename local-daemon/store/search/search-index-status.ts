import { indexBytes } from './index-file.ts'

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

/** What is known of an index. */
interface Known {
  readonly isEnabled: boolean
  readonly problem: string | null
  /** Undefined: a store in memory has none. */
  readonly path: string | undefined
  /** Records that are not in it. */
  readonly left: number
}

export function indexStatus({ isEnabled, problem, path, left }: Known): SearchIndexStatus {
  const behind = path === undefined || !isEnabled ? 0 : Math.max(0, left)
  const bytes = path === undefined ? 0 : indexBytes(path)
  const of = { enabled: isEnabled, behind, bytes, problem }
  if (!isEnabled) return { ...of, state: 'off' }
  if (path === undefined) return { ...of, state: 'none' }
  if (problem !== null) return { ...of, state: 'failing' }
  return { ...of, state: behind === 0 ? 'ready' : 'behind' }
}
