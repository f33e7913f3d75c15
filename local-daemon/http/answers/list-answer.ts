import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { callerOf } from '../input/caller.ts'
import { pagedAnswer } from './paged-answer.ts'
import { type RecordListOptions, RecordListText } from './record-list.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'

/** A list of records, made as fast as its reader takes it. */
export function listAnswer(
  c: RouteContext,
  parts: RouteParts,
  options: RecordListOptions,
): MaybePromise<Response> {
  const list = new RecordListText(options)
  return pagedAnswer(c.env, {
    ...callerOf(c, parts),
    start: list.start,
    render: (place) => list.page(place),
  })
}
