import type {
  RecordSearch,
  SearchResult,
} from '../../../../local-daemon/store/search/record-search.ts'
import type { Store } from '../../../../local-daemon/store/open-store.ts'
import { searchWords } from '../../../../local-daemon/store/search/search-words.ts'
import { until } from '../../../support/until.ts'

/** Searches a store as the route does. @param q as a person types it */
export function searchStore(
  store: Store,
  q: string,
  given: Partial<RecordSearch['query']> = {},
): Promise<SearchResult> {
  const words = searchWords(q)
  return store.search(
    {
      words,
      query: {
        condition: { kind: 'words', words },
        sight: {},
        by: 'arrival',
        descending: true,
        limit: 1_000,
        upTo: store.head(),
        after: undefined,
        ...given,
      },
    },
    { holder: 'test', signal: new AbortController().signal },
  )
}

/** The numbers of the records that are found. */
export async function seqsOf(store: Store, q: string): Promise<readonly number[]> {
  return (await searchStore(store, q)).hits.map(({ seq }) => seq)
}

export function indexed(store: Store): Promise<void> {
  store.searchIndex.isEnabled = true
  return until('all is indexed', () => store.searchIndex.status.state === 'ready')
}
