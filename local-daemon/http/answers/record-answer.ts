import { ProblemError } from '../../problem/problem-error.ts'
import { flatJson } from '../../store/stored-record.ts'
import { callerOf } from '../input/caller.ts'
import { pagedAnswer } from './paged-answer.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'

/**
 * One record: one look-up, one spliced text.
 * @param id 64 hex digits
 * @throws ProblemError NOT_FOUND
 */
export function recordAnswer(
  c: RouteContext,
  parts: RouteParts,
  id: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response | Promise<Response> {
  return pagedAnswer(c.env, {
    ...callerOf(c, parts),
    status,
    headers,
    start: id,
    render() {
      const record = parts.store.record(id)
      if (record !== undefined) return { text: flatJson(record), next: undefined }
      throw new ProblemError('NOT_FOUND', 'There is no such record here', {
        try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
      })
    },
  })
}
