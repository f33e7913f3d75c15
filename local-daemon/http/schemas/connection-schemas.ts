import { z } from '@hono/zod-openapi'
import { HTTP_LIMITS } from '../limits.ts'
import { Identity } from './access-schemas.ts'
import { ResumeQuery } from './schemas.ts'

/* The shapes of what the daemon tells of a connection. */

const { probeEvents, probeIntervalMs } = HTTP_LIMITS
const time = z.int().openapi({ description: 'Unix time, milliseconds' })

export const Connection = z
  .object({
    object: z.literal('connection'),
    via: Identity.shape.via,
    client_address: z.string().nullable().openapi({ description: 'As far as it can be known' }),
    host: z.string().nullable().openapi({ description: 'As the client named it' }),
    scheme: z.enum(['https', 'http']).nullable().openapi({ description: 'The client’s' }),
    forwarded: z
      .array(z.string())
      .openapi({ description: 'Names of forwarding headers that came' }),
    peer_trusted: z
      .boolean()
      .nullable()
      .openapi({ description: 'Whether forwarding headers count; null: nobody forwards' }),
    time,
  })
  .openapi('Connection')

export const ProbeQuery = ResumeQuery.extend({
  count: z.coerce.number().int().min(1).max(probeEvents).default(3),
  interval_ms: z.coerce.number().int().min(1).max(probeIntervalMs).default(200),
})
export const ProbeEvent = z
  .object({ seq: z.int().positive(), of: z.int().positive(), time })
  .openapi('ProbeEvent')

export const Upload = z
  .object({ object: z.literal('upload'), bytes: z.int().nonnegative(), sha256: z.string() })
  .openapi('Upload')
