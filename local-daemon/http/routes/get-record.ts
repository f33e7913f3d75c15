import { ProblemError } from '../../config/problem-error.ts'
import { flatJson } from '../../store/stored-record.ts'
import { jsonAnswer } from '../answer.ts'
import { answers } from '../describe.ts'
import { parseInput } from '../parse-input.ts'
import { FlatRecord, RECORD_ID, RecordParams } from '../schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `GET /v1/records/:id`. The shortest path through the daemon: one look-up, one spliced text. */
export function addGetRecord({ router, store }: RouteParts): void {
  router.on(
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
      const record = store.record(id)
      if (record !== undefined) return jsonAnswer(c.env, 200, flatJson(record))
      throw new ProblemError('NOT_FOUND', 'There is no such record here', {
        try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
      })
    },
  )
}
