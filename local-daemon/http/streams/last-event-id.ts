import type { z } from '@hono/zod-openapi'
import type { RouteContext } from '../router.ts'
import { resumedIn, type ResumeQuery } from '../schemas/schemas.ts'

/**
 * The last event that a client has seen; undefined if none. The header wins over the query: a browser that reconnects
 * keeps its first query, and the gateway resumes a stream with the header.
 */
export function lastEventIdOf(
  c: RouteContext,
  query: z.output<typeof ResumeQuery>,
): string | undefined {
  return c.req.raw.headers.get('last-event-id') || resumedIn(query)
}
