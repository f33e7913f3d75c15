import { z } from '@hono/zod-openapi'
import { EXPORT_VERSION } from '../../../protocol/records/export-lines.ts'

/** The first line of an export. */
export const ExportHeader = z
  .object({
    object: z.literal('export'),
    version: z.literal(EXPORT_VERSION),
    exporter: z.string().openapi({ description: 'The did:key that signs the parts' }),
    query: z
      .looseObject({
        thread: z.string().optional(),
        own_threads: z.literal(false).optional(),
        reach: z.array(z.string()).optional(),
      })
      .openapi({ description: 'Which records were asked for' }),
    since: z.string().openapi({ description: 'The cursor before the first part' }),
  })
  .openapi('ExportHeader')

/** What follows each part of an export's records. */
export const ExportPart = z
  .object({
    object: z.literal('export_part'),
    created_at: z.int().openapi({ description: 'Unix time, seconds' }),
    since: z.string().openapi({ description: 'The cursor before the part' }),
    next_cursor: z.string().openapi({ description: 'The cursor after it; `since` to go on from' }),
    records: z.int().nonnegative(),
    sha256: z.string().openapi({ description: 'Of the lines since the last one with `object`' }),
    has_more: z.boolean().openapi({ description: 'False in the last part alone' }),
    sig: z.string().openapi({ description: 'Ed25519 by the exporter, base64url' }),
  })
  .openapi('ExportPart')
