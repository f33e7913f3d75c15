import { z } from '@hono/zod-openapi'
import { RecordId } from './ids.ts'
import { Count, ExportRecord, NewRecord, ProblemSchema } from './schemas.ts'

const Line = z.int().min(1).openapi({ description: 'Of the body, or the element of its array' })

/** The body of a bulk append as a JSON array. */
export const NewRecords = z.array(z.union([NewRecord, ExportRecord])).openapi('NewRecords')

export const AppendQuery = z.object({
  dry_run: z.enum(['true', 'false']).optional().openapi({
    description: 'Of many records: `true` says what would become of each, and writes nothing',
  }),
})

/** What became of one line of a bulk append. */
export const BulkOutcome = z
  .discriminatedUnion('outcome', [
    z.object({
      line: Line,
      outcome: z.enum(['accepted', 'duplicate']).openapi({ description: 'It is on disk' }),
      id: RecordId.optional().openapi({ description: 'Left out for what a dry run would accept' }),
      seq: z.int().optional().openapi({
        description: 'Its place in the order of arrival; not for a bearer with a reach',
      }),
    }),
    z.object({
      line: Line,
      outcome: z.literal('rejected'),
      id: RecordId.optional(),
      ...ProblemSchema.pick({
        code: true,
        message: true,
        field: true,
        try: true,
        required_scope: true,
      }).shape,
    }),
  ])
  .openapi('BulkOutcome')

/** The last line of a bulk append's answer that is whole. */
export const BulkSummary = z
  .object({
    object: z.literal('bulk_summary'),
    lines: Count,
    accepted: Count,
    duplicate: Count,
    rejected: Count,
  })
  .openapi('BulkSummary')

/** The last line of one that was cut. */
export const BulkCut = z
  .object({
    ...ProblemSchema.shape,
    line: z.int().min(1).openapi({ description: 'The first line without an outcome' }),
  })
  .openapi('BulkCut')
