import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { flatJson } from '../../store/stored-record.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { callerOf } from '../input/caller.ts'
import { pagedAnswer } from './paged-answer.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'

interface RecordAnswer {
  /** Where it is read, each time it is made: the view of its reader, or what a writer has just written. */
  readonly read: (id: string) => StoredRecord | undefined
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * One record: one look-up, one spliced text.
 * @param id 64 hex digits
 * @throws ProblemError NOT_FOUND
 */
export function recordAnswer(
  c: RouteContext,
  parts: RouteParts,
  id: string,
  { read, ...how }: RecordAnswer,
): MaybePromise<Response> {
  return pagedAnswer(c.env, {
    ...callerOf(c, parts),
    ...how,
    start: id,
    render() {
      const record = read(id)
      if (record !== undefined) return { text: flatJson(record), next: undefined }
      throw new ProblemError('NOT_FOUND', 'There is no such record here', {
        try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
      })
    },
  })
}
