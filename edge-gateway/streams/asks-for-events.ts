import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import type { RouteAccess } from '../../protocol/http/route-access.ts'

/** Whether the answer may be an event stream. Then the request takes the bridge; if it is none, little is lost. */
export function asksForEvents(head: RequestHead, access: RouteAccess | undefined): boolean {
  if (head.method !== 'GET') return false
  if (access?.events === 'feed') return true
  if (head.upgrade !== undefined) return false
  if (access?.events === 'always') return true
  if (isFeed(head, access)) return true
  return head.headers.some(([name, value]) => name === 'accept' && ACCEPTS_EVENTS.test(value))
}

/** Whether the answer is certainly one whose events have ids: such a stream can wait for its start. */
export function isFeed({ target }: RequestHead, access: RouteAccess | undefined): boolean {
  if (access?.events === 'feed') return true
  return access?.events === 'continuous' && /[?&]feed=continuous(?:&|$)/.test(target)
}

const ACCEPTS_EVENTS = /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i
