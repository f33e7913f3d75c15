import { redactionNote } from '../../access/redaction-note.ts'
import { mayHold } from '../../backup/may-hold.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { answers, jsonBody } from '../schemas/describe.ts'
import { parseBody, parseInput } from '../input/parse-input.ts'
import { NewRedaction, Redaction } from '../schemas/redaction-schemas.ts'
import { RecordParams } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

/** `POST /v1/records/{id}/redact`: takes the body out of a record, for good. The answer is sent once that is durable. */
export function addRedactRecord(parts: RouteParts): void {
  const { router, store, authorise, did, viewOf, backups, offsite } = parts
  router.on(
    {
      method: 'post',
      path: '/v1/records/{id}/redact',
      operationId: 'redactRecord',
      refuses: ['NOT_FOUND', 'THREAD_RESERVED'],
      summary: 'Replace the body of a record by its hash, for good',
      request: { params: RecordParams, ...jsonBody(NewRedaction) },
      responses: { 200: answers(Redaction, 'The body is gone') },
    },
    async (c) => {
      const { id } = parseInput(RecordParams, c.req.param() as Record<string, string>)
      const { reason } = await parseBody(NewRedaction, c, authorise)
      if (viewOf(c).record(id) === undefined) throw noRecord()
      const cause = { principal: c.get('principal'), reason, requestId: c.env.requestId }
      const { record, created, erased } = await store.redact(id, redactionNote(did, cause))
      const { redacted } = record
      const redactedAt = redacted?.at ?? Date.now()
      const held = (names: readonly string[] | undefined) =>
        names && mayHold(names, { seq: record.seq, epoch: store.epoch, redactedAt })
      return jsonAnswer(
        c.env,
        200,
        JSON.stringify({
          object: 'redaction',
          id,
          thread: record.thread,
          body_sha256: redacted?.bodySha256,
          redacted_at: redacted?.at,
          record_id: redacted?.recordId,
          created,
          erased,
          backups: {
            home: held(await backups.names()) ?? null,
            elsewhere: held(offsite.report()?.names ?? []),
          },
        }),
      )
    },
  )
}

function noRecord(): ProblemError {
  return new ProblemError('NOT_FOUND', 'There is no such record here', {
    try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
  })
}
