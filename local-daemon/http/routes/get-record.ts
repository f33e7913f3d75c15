import { answers } from '../schemas/describe.ts'
import { parseInput } from '../input/parse-input.ts'
import { recordAnswer } from '../answers/record-answer.ts'
import { RECORD_ID } from '../schemas/ids.ts'
import { FlatRecord, RecordParams } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/records/:id`. The shortest path through the daemon: one look-up, one spliced text. */
export function addGetRecord(parts: RouteParts): void {
  parts.router.on(
    {
      method: 'get',
      path: '/v1/records/{id}',
      operationId: 'getRecord',
      refuses: ['NOT_FOUND'],
      summary: 'One record',
      request: { params: RecordParams },
      responses: { 200: answers(FlatRecord, 'The record') },
    },
    (c) => {
      const id = c.req.param('id') ?? ''
      // The schema is the same expression; it is only asked to word the refusal.
      if (!RECORD_ID.test(id)) parseInput(RecordParams, { id })
      const view = parts.viewOf(c)
      return recordAnswer(c, parts, id, { read: (one) => view.record(one) })
    },
  )
}
