import type { SearchIndexStatus } from '../../store/search/search-index-status.ts'
import { countText } from '../../problem/count-text.ts'
import { CliError } from '../cli-error.ts'
import type { DaemonClient } from './daemon-client.ts'

/** How the index of words is; null if the bearer may not ask, or the daemon is too old to know. */
export async function searchOf(client: DaemonClient): Promise<SearchIndexStatus | null> {
  try {
    const { search } = await client.get<{ search?: SearchIndexStatus }>('/v1/engine/health')
    return search ?? null
  } catch (error) {
    if (error instanceof CliError) return null
    throw error
  }
}

/** For people; undefined where there is nothing to tell. */
export function searchText(search: SearchIndexStatus | null): string | undefined {
  if (search?.state === 'failing') return `the index fails: ${search.problem}`
  if (search?.state === 'behind') return `${countText(search.behind, 'record')} not indexed yet`
  return search?.state === 'off' ? 'off' : undefined
}
