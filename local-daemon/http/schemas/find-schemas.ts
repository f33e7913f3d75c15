import { z } from '@hono/zod-openapi'
import { HTTP_LIMITS } from '../limits.ts'
import { formOf } from './form-of.ts'
import { ThreadId } from './ids.ts'
import { Cursor, Did, FlatRecord, NamespaceName, PageQuery, Thread } from './schemas.ts'

/** A union, because the description has only the first value of a literal with two. */
const Direction = z.union([z.literal(1), z.literal(-1)], 'must be 1 or -1')

export const RecordsQueryBody = z
  .strictObject({
    thread: ThreadId.optional(),
    filter: z.unknown().optional().openapi({
      type: 'object',
      description: 'Conditions by field, all of which must hold: see docs/find.md',
    }),
    sort: z
      .strictObject(
        { clock: Direction.optional(), created_at: Direction.optional() },
        formOf('{"created_at":-1}'),
      )
      .refine(
        (sort) => Object.keys(sort).length === 1,
        'must name one of clock and created_at, such as {"created_at":-1}',
      )
      .default({ created_at: 1 })
      .openapi({ description: '1: the first first, -1: the last first; created_at is arrival' }),
    limit: z.int().min(1).max(HTTP_LIMITS.listMax).default(HTTP_LIMITS.listDefault),
    cursor: Cursor.nullable().optional(),
    explain: z.boolean().default(false),
  })
  .openapi('RecordQuery')

export const QueriedRecords = z
  .object({
    object: z.literal('list'),
    data: z.array(FlatRecord),
    has_more: z.boolean(),
    next_cursor: Cursor.nullable(),
    plan: z
      .object({
        steps: z.array(z.string()),
        looked: z.int().nonnegative().openapi({ description: 'Records that were looked at' }),
      })
      .optional()
      .openapi({ description: 'With explain: how the records were found' }),
  })
  .openapi('QueriedRecords')

export const SearchQuery = PageQuery.extend({
  q: z.string().openapi({ description: 'Words that must all be there; "…": as they stand' }),
  thread: ThreadId.optional(),
  actor: Did.optional(),
  namespace: NamespaceName.optional().openapi({ description: 'Only threads in it and below it' }),
})

export const FoundRecords = z
  .object({
    object: z.literal('list'),
    data: z.array(
      FlatRecord.omit({ object: true }).extend({
        object: z.literal('record'),
        matches: z
          .array(z.object({ field: z.string(), snippet: z.string() }))
          .openapi({ description: 'The first places of the words, at most three' }),
      }),
    ),
    has_more: z.boolean(),
    next_cursor: Cursor.nullable(),
    index: z
      .object({
        indexed_to: Cursor,
        behind: z.int().nonnegative().openapi({ description: 'Newer records: they are read' }),
        complete: z.boolean().openapi({
          description: 'Whether all records were looked for; false while the index is far behind',
        }),
      })
      .openapi({ description: 'How far the index is' }),
  })
  .openapi('FoundRecords')

export const SearchRebuild = z.strictObject({}).openapi('SearchRebuild')

/** Of `SearchIndexStatus`. */
export const SEARCH_FIELDS = {
  enabled: z.boolean(),
  state: z.enum(['off', 'none', 'ready', 'behind', 'failing']),
  behind: z.int().nonnegative().openapi({ description: 'Records that are not indexed yet' }),
  bytes: z.int().nonnegative().openapi({ description: 'Of its files' }),
  problem: z.string().nullable().openapi({ description: 'Why it does not get on' }),
}

export const SearchIndexState = z
  .object({ object: z.literal('search_index'), ...SEARCH_FIELDS })
  .openapi('SearchIndex')

export const ThreadState = Thread.omit({ object: true })
  .extend({
    object: z.literal('thread_state'),
    actors: z.int().nonnegative(),
    last_clock: z.int().openapi({ description: 'The highest clock of all actors' }),
    actor_clocks: z
      .record(z.string(), z.int())
      .openapi({ description: 'The highest clock of each actor; the next one is one more' }),
    has_more: z.boolean().openapi({ description: 'Whether there are more actors' }),
    next_cursor: Cursor.nullable(),
  })
  .openapi('ThreadState')
