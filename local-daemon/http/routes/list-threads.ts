import type { ThreadRow } from '../../store/rows.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { ThreadList, ThreadsQuery } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * `GET /v1/threads`, the newest thread first. Ordered by when a thread began, which never changes: by last
 * activity, a thread that gets a record between two pages would be left out.
 */
export function addListThreads({ router, viewOf }: RouteParts): void {
  router.on(
    {
      method: 'get',
      path: '/v1/threads',
      operationId: 'listThreads',
      summary: 'Threads, the newest first',
      request: { query: ThreadsQuery },
      responses: { 200: answers(ThreadList, 'Threads') },
    },
    (c) => {
      const { limit, cursor, namespace } = parseInput(ThreadsQuery, c.get('query'))
      const view = viewOf(c)
      const before = cursor === undefined ? view.head() + 1 : view.placeOf(cursor)
      const rows = view.threads(before, limit + 1, namespace)
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const more = rows.length > limit && last !== undefined
      const body = JSON.stringify({
        object: 'list',
        data: page.map(toThread),
        has_more: more,
        next_cursor: more ? view.cursorAt(last.first_seq) : null,
      })
      return jsonAnswer(c.env, 200, body)
    },
  )
}

/** A thread as answers show it. */
export function toThread(row: ThreadRow) {
  return {
    object: 'thread',
    id: row.thread,
    records: row.records,
    first_act: row.first_act,
    goal: row.goal,
    namespace: row.namespace_name,
    created_at: row.first_received_at,
    updated_at: row.last_received_at,
  }
}
