import { type RecordView, type ViewFilter, viewWithin } from '../../store/record-view.ts'
import { flatJson } from '../../store/stored-record.ts'
import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { missingThread } from '../answers/missing-thread.ts'
import { listAnswer } from '../answers/list-answer.ts'
import type { RouteContext } from '../router.ts'
import { PageQuery, RecordList, RecordsQuery, ThreadParams } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/records?thread=|actor=|namespace=` and `GET /v1/threads/:id/records`, in order of arrival. */
export function addListRecords(parts: RouteParts): void {
  const { router, viewOf } = parts
  function list(
    c: RouteContext,
    view: RecordView,
    filter: ViewFilter,
    query: { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    const { limit, cursor } = query
    const after = cursor === undefined ? 0 : view.placeOf(cursor)
    const opening = '{"object":"list","data":['
    return listAnswer(c, parts, { view, filter, after, limit, write: flatJson, opening })
  }

  router.on(
    {
      method: 'get',
      path: '/v1/records',
      operationId: 'listRecords',
      summary: 'Records of a thread, an actor or a namespace',
      request: { query: RecordsQuery },
      responses: { 200: answers(RecordList, 'Records in order of arrival') },
    },
    (c) => {
      const query = parseInput(RecordsQuery, c.get('query'))
      const view = viewWithin(viewOf(c), query.namespace)
      return list(c, view, { thread: query.thread, actor: query.actor }, query)
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
      const view = viewOf(c)
      if (view.thread(id) === undefined) {
        throw missingThread()
      }
      return list(c, view, { thread: id }, query)
    },
  )
}
