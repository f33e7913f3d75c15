import { z } from '@hono/zod-openapi'
import { SEARCH_FIELDS } from './find-schemas.ts'
import { SIZE_FIELDS } from './schemas.ts'

/* The shapes of what the daemon tells of its store's size. */

const count = z.int().nonnegative()
const flag = z
  .enum(['1', '0', 'true', 'false'])
  .default('false')
  .transform((text) => text === '1' || text === 'true')

export const EngineHealthQuery = z.object({
  details: flag.openapi({ type: 'string', description: 'true or 1: also how the store grows' }),
  store_composition: flag.openapi({
    type: 'string',
    description: 'true or 1: also the threads with most records',
  }),
})

export const EngineHealth = z
  .object({
    object: z.literal('engine_health'),
    ingested_total: count.openapi({ description: 'Records that the store has taken, ever' }),
    uptime_secs: count,
    search: z.object(SEARCH_FIELDS).openapi({ description: 'The index of words' }),
    store: z.object({
      ...SIZE_FIELDS,
      growth: z
        .object({
          records_last_day: count,
          records_last_week: count,
          bytes_per_day: count.nullable().openapi({
            description: 'By the last week’s records and the average size; null if there are none',
          }),
        })
        .optional(),
      composition: z
        .object({ largest_threads: z.array(z.object({ thread: z.string(), records: count })) })
        .optional(),
    }),
  })
  .openapi('EngineHealth')
