import { jsonAnswer } from '../answers/answer.ts'
import { parseBody } from '../input/parse-input.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { SearchIndexState, SearchRebuild } from '../schemas/find-schemas.ts'
import type { RouteParts } from './route-parts.ts'
import { searchOff } from './search.ts'

/** `POST /v1/search/rebuild`: makes the index of words anew, while records are written and searched. */
export function addSearchRebuild({ router, store, authorise }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/search/rebuild',
      operationId: 'rebuildSearchIndex',
      refuses: ['SEARCH_OFF'],
      summary: 'Make the index of words anew',
      request: jsonBody(SearchRebuild),
      responses: { 200: answers(SearchIndexState, 'It is being made') },
    },
    async (c) => {
      await parseBody(SearchRebuild, c, authorise)
      if (!store.searchIndex.isEnabled) throw searchOff()
      const status = await store.searchIndex.rebuild()
      return jsonAnswer(c.env, 200, JSON.stringify({ object: 'search_index', ...status }))
    },
  )
}
