import { holderOf } from '../../access/principal.ts'
import type { PagedAnswer } from '../answers/paged-answer.ts'
import type { RouteContext } from '../router.ts'
import type { RouteParts } from '../routes/route-parts.ts'

/** Who gets a large answer, and until when they may. */
export function callerOf(
  c: RouteContext,
  { pages, authorise }: RouteParts,
): Pick<PagedAnswer<unknown>, 'memory' | 'holder' | 'holds' | 'isGone'> {
  const principal = c.get('principal')
  return {
    memory: pages,
    holder: holderOf(principal),
    holds: () => authorise.holds(principal),
    isGone: () => c.req.raw.signal.aborted,
  }
}
