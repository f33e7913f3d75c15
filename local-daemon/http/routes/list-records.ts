import type { RecordFilter } from '../../store/record-pages.ts'
import { flatJson } from '../../store/stored-record.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { listAnswer } from '../answers/list-answer.ts'
import type { RouteContext } from '../router.ts'
import { PageQuery, RecordList, RecordsQuery, ThreadParams } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/records?thread=|actor=` and `GET /v1/threads/:id/records`, in order of arrival. */
export function addListRecords(parts: RouteParts): void {
  const { router, store } = parts
  function list(
    c: RouteContext,
    filter: RecordFilter,
    query: { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    const { limit, cursor } = query
    const after = cursor === undefined ? 0 : store.placeOf(cursor)
    const opening = '{"object":"list","data":['
    return listAnswer(c, parts, { filter, after, limit, write: flatJson, opening })
  }

  router.on(
    {
      method: 'get',
      path: '/v1/records',
      operationId: 'listRecords',
      summary: 'Records of a thread, an actor or both',
      request: { query: RecordsQuery },
      responses: { 200: answers(RecordList, 'Records in order of arrival') },
    },
    (c) => {
      const query = parseInput(RecordsQuery, c.get('query'))
      return list(c, { thread: query.thread, actor: query.actor }, query)
    },
  )

  router.on(
    {
      method: 'get',
      path: '/v1/threads/{id}/records',
      operationId: 'listThreadRecords',
      refuses: ['NOT_FOUND'],
      summary: 'Records of a thread',
      request: { params: ThreadParams, query: PageQuery },
      responses: { 200: answers(RecordList, 'Records in order of arrival') },
    },
    (c) => {
      const { id } = parseInput(ThreadParams, c.req.param() as Record<string, string>)
      const query = parseInput(PageQuery, c.get('query'))
      if (store.thread(id) === undefined) {
        throw new ProblemError('NOT_FOUND', 'There is no such thread here', {
          try: 'GET /v1/threads lists them.',
        })
      }
      return list(c, { thread: id }, query)
    },
  )
}
