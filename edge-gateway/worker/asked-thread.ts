import type { RouteAccess } from '../../protocol/http/route-access.ts'
import { THREAD_ID } from '../../protocol/identity/thread-id.ts'
import { threadTag } from '../../protocol/identity/thread-tag.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'

/** What home checks before it looks for the thread, and answers otherwise. */
const ACTOR_HEADER = 'x-syncropel-actor'

/**
 * The tag of the thread that a request is about, where home's answer depends on nothing but whether its caller sees that
 * thread. Undefined for every other request, also for those with parameters: home may find a fault in them first.
 */
export function askedThread(
  { method, target, headers, upgrade }: RequestHead,
  access: RouteAccess | undefined,
): string | undefined {
  if (access?.thread !== true || upgrade !== undefined) return undefined
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const [, , , thread = ''] = target.split('/')
  if (target.includes('?') || !THREAD_ID.test(thread)) return undefined
  return headers.some(([name]) => name === ACTOR_HEADER) ? undefined : threadTag(thread)
}
