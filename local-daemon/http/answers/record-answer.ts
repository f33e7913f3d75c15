import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { flatJson } from '../../store/stored-record.ts'
import { callerOf } from '../input/caller.ts'
import { pagedAnswer } from './paged-answer.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'

interface RecordAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

const FOUND: RecordAnswer = { status: 200, headers: {} }

/**
 * One record: one look-up, one spliced text.
 * @param id 64 hex digits
 * @throws ProblemError NOT_FOUND
 */
export function recordAnswer(
  c: RouteContext,
  parts: RouteParts,
  id: string,
  how: RecordAnswer = FOUND,
): MaybePromise<Response> {
  const view = parts.viewOf(c)
  return pagedAnswer(c.env, {
    ...callerOf(c, parts),
    ...how,
    start: id,
    render() {
      const record = view.record(id)
      if (record !== undefined) return { text: flatJson(record), next: undefined }
      throw new ProblemError('NOT_FOUND', 'There is no such record here', {
        try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
      })
    },
  })
}
