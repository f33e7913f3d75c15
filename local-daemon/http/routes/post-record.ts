import { parseRecord } from '../../../protocol/record.ts'
import { isPlainObject } from '../../../protocol/json-value.ts'
import { ACCOUNTS_THREAD } from '../../access/account-records.ts'
import { ProblemError } from '../../config/problem-error.ts'
import type { RecordDraft } from '../../store/draft.ts'
import { flatJson } from '../../store/stored-record.ts'
import { jsonAnswer } from '../answer.ts'
import { answers, PROBLEM } from '../describe.ts'
import { readJson } from '../read-json.ts'
import { FlatRecord, NewRecord } from '../schemas.ts'
import type { RouteParts } from './route-parts.ts'

/**
 * `POST /v1/records`: 201 for a new record, once it is durable; 200 if the very same one is there
 * already, so a request that names its clock can be repeated safely.
 */
export function addPostRecord({ router, store }: RouteParts): void {
  router.on(
    {
      method: 'post',
      path: '/v1/records',
      summary: 'Append one record',
      request: { body: { required: true, content: { 'application/json': { schema: NewRecord } } } },
      responses: {
        201: answers(FlatRecord, 'Appended and durable'),
        200: answers(FlatRecord, 'It was there already'),
        ...PROBLEM,
      },
    },
    async (c) => {
      const draft = readDraft(await readJson(c.req.raw, c.env))
      const { record, created } = await store.append(draft)
      const location = { location: `/v1/records/${record.id}` }
      return jsonAnswer(c.env, created ? 201 : 200, flatJson(record), location)
    },
  )
}

/** A record whose clock may be left to the daemon. Throws `RecordError`, `ProblemError`. */
function readDraft(input: unknown): RecordDraft {
  const clockless = isPlainObject(input) && !Object.hasOwn(input, 'clock')
  const record = parseRecord(clockless ? { ...input, clock: 0 } : input)
  if (record.thread === ACCOUNTS_THREAD) {
    throw new ProblemError('THREAD_RESERVED', `${ACCOUNTS_THREAD} is written by the daemon alone`, {
      field: 'thread',
      try: 'Use another thread.',
    })
  }
  return clockless ? { ...record, clock: undefined } : record
}
