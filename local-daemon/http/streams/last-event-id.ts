import type { z } from '@hono/zod-openapi'
import type { RouteContext } from '../router.ts'
import { resumedIn, type ResumeQuery } from '../schemas/schemas.ts'

/**
 * The last event that a client has seen; undefined: none. The header counts before the query: a browser that reconnects
 * keeps the query it began with, and the gateway goes on with a stream by the header.
 */
export function lastEventIdOf(
  c: RouteContext,
  query: z.output<typeof ResumeQuery>,
): string | undefined {
  return c.req.raw.headers.get('last-event-id') || resumedIn(query)
}
