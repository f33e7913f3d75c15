import { z } from '@hono/zod-openapi'
import { ACTOR_HEADER } from '../../access/authorise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { flatJson } from '../../store/stored-record.ts'
import { jsonAnswer } from '../answers/answer.ts'
import { recordAnswer } from '../answers/record-answer.ts'
import { createAppendMany } from '../bulk/append-many.ts'
import { readPosted } from '../bulk/read-posted.ts'
import { createDraftRights } from '../input/draft-rights.ts'
import { parseInput } from '../input/parse-input.ts'
import { readOnce } from '../input/idempotency-key.ts'
import { answers, linesOf } from '../schemas/describe.ts'
import { AppendQuery, NewRecords } from '../schemas/bulk-schemas.ts'
import { AppendHeaders, FlatRecord, NewRecord } from '../schemas/schemas.ts'
import type { RouteParts } from './route-parts.ts'

const LOCATION = {
  Location: { description: 'Its path', schema: { type: 'string' as const } },
}

const BODIES = {
  'application/json': { schema: z.union([NewRecord, NewRecords]) },
  ...linesOf('NewRecord', 'ExportRecord').content,
}
const OUTCOMES = linesOf('BulkOutcome', 'BulkSummary', 'BulkCut')

/**
 * `POST /v1/records`: 201 for a new record, once it is durable; 200 if the same one is there
 * already, so a request that names its clock, or has an `Idempotency-Key`, can be repeated safely. Of many records the answer is
 * a stream of outcomes (`../bulk/`).
 */
export function addPostRecord(parts: RouteParts): void {
  const { router, authorise, store } = parts
  const rightsOf = createDraftRights(parts)
  const appendMany = createAppendMany(parts, rightsOf)

  router.on(
    {
      method: 'post',
      path: '/v1/records',
      operationId: 'appendRecord',
      refuses: [
        'INVALID_RECORD',
        'INVALID_SETTING',
        'NAMESPACE_REJECTED',
        'THREAD_RESERVED',
        'REACH_FORBIDDEN',
        'CLOCK_CONFLICT',
        'LOCKOUT',
        'IDEMPOTENCY_KEY_REUSED',
        'STORE_CEILING_REACHED',
      ],
      summary: 'Append one record, or many with a stream of outcomes',
      request: {
        query: AppendQuery,
        body: { required: true, content: BODIES },
        headers: AppendHeaders,
      },
      responses: {
        201: { ...answers(FlatRecord, 'Appended and durable'), headers: LOCATION },
        200: {
          description: 'It was there already; or of many, a line for each, then the summary',
          content: { ...answers(FlatRecord, '').content, ...OUTCOMES.content },
        },
      },
    },
    async (c) => {
      const request = c.req.raw
      const posted = await readPosted(request, c.env)
      const principal = c.get('principal')
      authorise.still(principal)
      const sender = {
        principal,
        claimed: request.headers.get(ACTOR_HEADER),
        requestId: c.env.requestId,
      }
      const isTrial = parseInput(AppendQuery, c.get('query')).dry_run === 'true'
      if (posted.kind === 'many') return appendMany(c, sender, posted, isTrial)
      if (isTrial) throw oneIsNoTrial()
      const { draft, admit, guard, also } = rightsOf(sender, posted.value)
      const once = readOnce(request.headers.get('idempotency-key'), principal, draft)
      const { record, created } = await store.append(draft, { admit, once, guard, also })
      const location = { location: `/v1/records/${record.id}` }
      const status = created ? 201 : 200
      const json = flatJson(record)
      if (json.length > HTTP_LIMITS.pieceBytes) {
        return recordAnswer(c, parts, record.id, {
          read: parts.written,
          status,
          headers: location,
        })
      }
      return jsonAnswer(c.env, status, json, location)
    },
  )
}

function oneIsNoTrial(): ProblemError {
  return new ProblemError('INVALID_REQUEST', 'dry_run: is for many records', {
    field: 'dry_run',
    try: 'Send: Content-Type: application/x-ndjson, or a JSON array.',
  })
}
