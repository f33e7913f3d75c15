import { z } from '@hono/zod-openapi'
import { ResumeQuery } from './schemas.ts'
import { VIAS } from '../../access/via.ts'

/* The shapes of what the daemon tells of the link and of its requests. */

const count = z.int().nonnegative()
const time = z.int().openapi({ description: 'Unix time, milliseconds' })

const PolicyState = z
  .object({ sent: count.nullable(), acknowledged: count.nullable() })
  .openapi('PolicyState')
const Configured = z
  .object({
    object: z.literal('tunnel'),
    configured: z.literal(true),
    state: z.enum(['connecting', 'greeting', 'connected', 'leaving', 'waiting', 'stopped']),
    gateway_url: z.string(),
    generation: count.nullable(),
    since: time.openapi({ description: 'When the state last changed, Unix time, milliseconds' }),
    last_connected_at: time.nullable(),
    rival_at: time.nullable().openapi({
      description:
        'When another process with this identity last asked for its place at the gateway: two daemons run with copies of one home',
    }),
    last_error: z.string().nullable(),
    round_trip_ms: z.number().nullable(),
    clock_offset_ms: z.number().openapi({
      description: 'The gateway’s clock minus this machine’s, as it said when it was last dialed',
    }),
    reconnects: count,
    open_streams: count,
    subscribers: count.openapi({ description: 'Readers of event streams who have caught up' }),
    groups: count.openapi({ description: 'What they look at; each group is sent one copy' }),
    requests: count,
    bytes_in: count,
    bytes_out: count,
    messages_out: count.openapi({ description: 'WebSocket messages to the gateway' }),
    policy: PolicyState,
  })
  .openapi('ConfiguredTunnel')
const NotConfigured = z
  .object({ object: z.literal('tunnel'), configured: z.literal(false) })
  .openapi('NoTunnel')
export const Tunnel = z.union([Configured, NotConfigured]).openapi('Tunnel')

export const LogQuery = ResumeQuery.extend({
  via: z.enum([...VIAS, 'all']).default('tunnel'),
})
/** The data of `gap`. */
export const Gap = z
  .object({
    missed: count.openapi({ description: 'Lines that were overwritten before they could be read' }),
  })
  .openapi('Gap')
export const RequestLine = z
  .object({
    time,
    request_id: z.string(),
    via: z.enum(VIAS),
    method: z.string(),
    path: z.string().openapi({ description: 'Without the query' }),
    route: z.string(),
    status: z.int(),
    outcome: z.enum(['whole', 'cancelled', 'failed']),
    duration_ms: z.number(),
    bytes_in: count,
    bytes_out: count,
    account: z.string(),
    actor: z.string().nullable(),
  })
  .openapi('RequestLine')
