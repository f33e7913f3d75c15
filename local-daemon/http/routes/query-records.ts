import { holderOf } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { Condition } from '../../store/query/condition.ts'
import { parseFilter } from '../../store/query/parse-filter.ts'
import { formatQueryCursor, parseQueryCursor } from '../../store/query/query-cursor.ts'
import { renderHits } from '../answers/hit-list.ts'
import { pagedAnswer } from '../answers/paged-answer.ts'
import { callerOf } from '../input/caller.ts'
import { parseBody } from '../input/parse-input.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { QueriedRecords, RecordsQueryBody } from '../schemas/find-schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `POST /v1/records/query`: records that meet a filter, found beside everything else that the daemon does. */
export function addQueryRecords(parts: RouteParts): void {
  const { router, store, authorise, viewOf } = parts
  router.on(
    {
      method: 'post',
      path: '/v1/records/query',
      operationId: 'queryRecords',
      refuses: [
        ...(['INVALID_QUERY', 'EMPTY_QUERY', 'QUERY_TOO_SLOW', 'QUERY_BUSY'] as const),
        ...(['INVALID_CURSOR', 'CURSOR_EPOCH_CHANGED', 'CURSOR_FUTURE'] as const),
      ],
      summary: 'Records that meet a filter',
      request: jsonBody(RecordsQueryBody),
      responses: { 200: answers(QueriedRecords, 'Records in the order that was asked for') },
    },
    async (c) => {
      const body = await parseBody(RecordsQueryBody, c, authorise)
      const { thread, filter = {}, sort, limit, cursor, explain } = body
      const view = viewOf(c)
      const condition = conditionOf(thread, filter)
      // What a cursor belongs to.
      const query = JSON.stringify([thread, filter, sort])
      const place =
        cursor === undefined || cursor === null ? undefined : parseQueryCursor(view, query, cursor)
      const upTo = place?.upTo ?? view.head()
      const by = sort.clock === undefined ? 'arrival' : 'clock'
      const descending = (sort.clock ?? sort.created_at) === -1
      const { hits, more, plan } = await store.query(
        { condition, sight: view.sight, by, descending, limit, upTo, after: place?.after },
        { holder: holderOf(c.get('principal')), signal: c.req.raw.signal },
      )
      const list = {
        view,
        hits,
        more,
        cursorAt: (after: (typeof hits)[number]) => formatQueryCursor(view, query, { upTo, after }),
        end: explain ? `,"plan":${JSON.stringify(plan)}` : '',
      }
      return pagedAnswer(c.env, {
        ...callerOf(c, parts),
        start: 0,
        render: (from) => renderHits(list, from),
      })
    },
  )
}

function conditionOf(thread: string | undefined, filter: unknown): Condition {
  const condition = parseFilter(filter)
  if (thread !== undefined) {
    const field = { kind: 'column', name: 'thread' } as const
    return { kind: 'all', of: [{ kind: 'in', field, values: [thread] }, condition] }
  }
  if (condition.kind === 'all' && condition.of.length === 0) {
    throw new ProblemError('EMPTY_QUERY', 'The query names neither a thread nor a condition', {
      field: 'filter',
      try: 'Give a thread or a filter; GET /v1/sync/changes reads everything.',
    })
  }
  return condition
}
