import { reachEntries } from '../../../protocol/identity/reach.ts'
import type { JsonObject } from '../../../protocol/json/json-value.ts'
import type { MaybePromise } from '../../../protocol/maybe-promise.ts'
import { callerOf } from '../input/caller.ts'
import { LINES_TYPE } from '../input/lines-type.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'
import { ExportText, type ExportTextOptions } from './export-text.ts'
import { pagedAnswer } from './paged-answer.ts'

/** Records as an export, made as fast as its reader takes it. */
export function exportAnswer(
  c: RouteContext,
  parts: RouteParts,
  options: Pick<ExportTextOptions, 'view' | 'filter' | 'begin' | 'after' | 'limit'>,
): MaybePromise<Response> {
  const text = new ExportText({
    ...options,
    identity: parts.identity,
    query: queryOf(options),
    createdAt: Math.floor(Date.now() / 1000),
  })
  return pagedAnswer(c.env, {
    ...callerOf(c, parts),
    headers: { 'content-type': LINES_TYPE },
    start: text.start,
    render: (place) => text.page(place),
  })
}

/** What the export is of: what was asked for, within what the caller may see. */
function queryOf({ view, filter }: Pick<ExportTextOptions, 'view' | 'filter'>): JsonObject {
  const { withoutOwn, reach } = view.sight
  return {
    ...(filter.thread !== undefined && { thread: filter.thread }),
    ...(withoutOwn === true && { own_threads: false }),
    ...(reach !== undefined && { reach: reachEntries(reach) }),
  }
}
