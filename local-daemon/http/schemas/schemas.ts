import { z } from '@hono/zod-openapi'
import {
  NAMESPACE_LIMITS,
  NAMESPACE_NAME,
  NAMESPACE_RULE,
} from '../../../protocol/identity/namespace-name.ts'
import { PROBLEM_STATUS } from '../../../protocol/http/problem.ts'
import { ACTS, DATA_TYPES } from '../../../protocol/records/record.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { RecordId, ThreadId } from './ids.ts'
import { Redacted } from './redacted.ts'

/*
 * The shapes of requests and answers, for validation and for /openapi.json alike. Only a posted record
 * is checked by the protocol's own `parseRecord` instead: there is one rule for records, everywhere.
 */

/** As `DID` of `protocol/records/record.ts`, without what other engines of expressions do not know. */
export const Did = z
  .string()
  .regex(/^did:[a-z0-9]+:[!-~]+$/, 'must be a DID, such as did:sync:user:ada')
  .max(256)
export const NamespaceName = z
  .string()
  .max(NAMESPACE_LIMITS.name)
  .regex(NAMESPACE_NAME, NAMESPACE_RULE)
const CURSOR = 'Opaque: hand it back as received'
export const Cursor = z.string().openapi({ description: CURSOR })
/** A place in a query; an empty one is none. */
function placeOf(description: string) {
  return z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .optional()
    .openapi({ type: 'string', description })
}

/** `limit` as it stands in a query. */
function limitOf(fallback: number, most: number) {
  return z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/, 'must be a whole number from 1')
    .transform(Number)
    .pipe(z.number().max(most))
    .default(fallback)
    .openapi({ type: 'integer', minimum: 1, maximum: most, default: fallback })
}
const ListLimit = limitOf(HTTP_LIMITS.listDefault, HTTP_LIMITS.listMax)
const ChangesLimit = limitOf(HTTP_LIMITS.changesDefault, HTTP_LIMITS.changesMax)

export const Count = z.int().nonnegative()

export const RecordParams = z.object({ id: RecordId })
export const ThreadParams = z.object({ id: ThreadId })

export const PageQuery = z.object({ limit: ListLimit, cursor: placeOf(CURSOR) })
export const ThreadsQuery = PageQuery.extend({
  namespace: NamespaceName.optional().openapi({ description: 'Only threads in it and below it' }),
})
const within = NamespaceName.optional().openapi({ description: 'Only what is in it, and below it' })
export const RecordsQuery = PageQuery.extend({
  thread: ThreadId.optional(),
  actor: Did.optional(),
  namespace: within,
}).refine(({ thread, actor, namespace }) => (thread ?? actor ?? namespace) !== undefined, {
  path: ['thread'],
  message: 'name a thread, an actor or a namespace, or several of them',
})
const since = {
  thread: ThreadId.optional(),
  namespace: within,
  since: placeOf('A cursor, or `now`'),
}
/** Where a client goes on that cannot send `Last-Event-ID`: by the name of event-source-polyfill, or of Mercure. */
const resume = {
  lastEventId: placeOf('Counts as the header Last-Event-ID, and after it'),
  lastEventID: placeOf('The same'),
}
export const ResumeQuery = z.object(resume)
export const ResumeHeaders = z.object({ 'Last-Event-ID': Cursor.optional() })
export const AppendHeaders = z.object({
  'Idempotency-Key': z.string().optional().openapi({
    description:
      'One key, 1 to 255 visible ASCII characters: with it a repeat makes no second record. Not with many records',
  }),
  'X-Syncropel-Actor': Did.optional().openapi({ description: 'Whom you act as' }),
})
export const SubscribeQuery = z.object({ ...since, ...resume })
export const ChangesQuery = z
  .object({
    ...since,
    limit: ChangesLimit,
    feed: z.enum(['normal', 'longpoll', 'continuous']).default('normal'),
    continue: placeOf('For application/x-ndjson: next_cursor of the last part that you have'),
    own_threads: z.enum(['true', 'false']).optional().openapi({
      description: 'For application/x-ndjson: false leaves out the daemon’s own threads',
    }),
    ...resume,
  })
  .refine((query) => query.feed === 'continuous' || !resumedIn(query), {
    path: ['lastEventId'],
    message: 'is for event streams (feed=continuous); elsewhere give since',
  })

/** What a query says in place of `Last-Event-ID`. */
export function resumedIn(query: z.output<typeof ResumeQuery>): string | undefined {
  return query.lastEventId ?? query.lastEventID
}

const recordFields = {
  parents: z.array(RecordId),
  thread: ThreadId,
  actor: Did,
  act: z.enum(ACTS),
  body: z.record(z.string(), z.unknown()),
  clock: z.int().nonnegative(),
  data_type: z.enum(DATA_TYPES),
  judged_by: RecordId.nullable(),
}
const proofFields = { origin: z.string(), sig: z.string() }

/** What `POST /v1/records` takes; the optional fields have the defaults of `parseRecord`. */
export const NewRecord = z
  .strictObject({
    ...recordFields,
    parents: recordFields.parents.optional(),
    actor: recordFields.actor.optional().openapi({
      description: 'Left out: the one of X-Syncropel-Actor, else the bearer’s account itself',
    }),
    data_type: recordFields.data_type.optional(),
    judged_by: recordFields.judged_by.optional(),
    clock: recordFields.clock.optional().openapi({
      description: 'Left out: the next one of this actor on this thread',
    }),
  })
  .openapi('NewRecord')

export const FlatRecord = z
  .object({
    object: z.literal('record'),
    id: RecordId,
    ...recordFields,
    ...proofFields,
    redacted: Redacted.optional(),
  })
  .openapi('Record')
const syncFields = {
  id: RecordId,
  record: z.object(recordFields),
  ...proofFields,
  redacted: Redacted.optional(),
}
export const SyncRecord = z.object(syncFields).openapi('SyncRecord')
/** A line of an export, and a signed line of a bulk append. */
export const ExportRecord = z
  .object({
    ...syncFields,
    namespace: NamespaceName.optional().openapi({
      description:
        'Of its thread, by the word of the exporter; threads of a daemon itself have none',
    }),
  })
  .openapi('ExportRecord')
export const Thread = z
  .object({
    object: z.literal('thread'),
    id: ThreadId,
    records: z.int(),
    first_act: z.enum(ACTS),
    goal: z.string().nullable(),
    namespace: z.string().nullable().openapi({ description: 'Null: of the daemon itself' }),
    created_at: z.int().openapi({ description: 'Unix time, milliseconds' }),
    updated_at: z.int().openapi({ description: 'Unix time, milliseconds' }),
  })
  .openapi('Thread')

/** The envelope of every list. */
export function listOf<Item extends z.ZodType>(item: Item, name: string) {
  const end = { has_more: z.boolean(), next_cursor: Cursor.nullable() }
  return z.object({ object: z.literal('list'), data: z.array(item), ...end }).openapi(name)
}
export const RecordList = listOf(FlatRecord, 'RecordList')
export const ThreadList = listOf(Thread, 'ThreadList')
export const Changes = z
  .object({ records: z.array(SyncRecord), next_cursor: Cursor, has_more: z.boolean() })
  .openapi('Changes')
const codes = Object.keys(PROBLEM_STATUS) as [keyof typeof PROBLEM_STATUS]
const bytes = z.int().nonnegative()
/** Bytes of a store. */
export const SIZE_FIELDS = {
  total_bytes: bytes.openapi({ description: 'Both files together' }),
  database_bytes: bytes,
  wal_bytes: bytes.openapi({ description: 'The write-ahead log' }),
  used_bytes: bytes.openapi({
    description: 'Pages with content: what the ceiling is compared with',
  }),
  free_bytes: bytes.openapi({ description: 'Empty pages, which are used before the file grows' }),
  ceiling_bytes: bytes.nullable().openapi({ description: 'The setting `store_ceiling_bytes`' }),
  over_ceiling: z.boolean().openapi({ description: 'New records are refused' }),
}
const StoreSize = z.object(SIZE_FIELDS).openapi('StoreSize')
export const Health = z
  .object({
    status: z.enum(['ok', 'failing']).openapi({
      description: '`failing` is told over the Unix socket only: see `store.problem`',
    }),
    version: z.string(),
    instance_did: z.string(),
    runtime: z
      .object({ node: z.string(), sqlite: z.string() })
      .optional()
      .openapi({ description: 'Over the Unix socket only' }),
    process: z
      .object({ pid: z.int().positive(), started: z.string(), name: z.string() })
      .optional()
      .openapi({ description: 'Over the Unix socket only' }),
    store: z
      .object({
        records: z.int().nonnegative(),
        writable: z.boolean(),
        epoch: z.string(),
        lineage_broken: z.string().nullable(),
        size: StoreSize,
        problem: z
          .object({ code: z.enum(codes), message: z.string(), try: z.string(), since: z.number() })
          .nullable(),
      })
      .optional()
      .openapi({ description: 'Over the Unix socket only' }),
    security: z
      .object({ auth_required: z.boolean(), insecure_localhost: z.boolean() })
      .optional()
      .openapi({ description: 'Over the Unix socket only' }),
  })
  .openapi('Health')

const count = z.int().positive()
export const Capabilities = z
  .object({
    object: z.literal('capabilities_manifest'),
    manifest_version: z.literal('1'),
    instance_did: z.string(),
    daemon: z.object({ version: z.string(), api_version: z.string() }),
    auth: z.object({
      schemes: z.array(z.string()),
      stream_tickets: z.boolean(),
      invites: z.boolean(),
    }),
    did_methods: z.array(z.string()),
    record: z.object({ hashed_fields: z.array(z.string()), acts: z.array(z.string()) }),
    transports: z.array(z.string()),
    limits: z.record(z.string(), count),
  })
  .openapi('Capabilities')

export const ProblemSchema = z
  .object({
    object: z.literal('error'),
    code: z.enum(codes),
    message: z.string(),
    try: z.string().optional(),
    required_scope: z.string().optional(),
    hop: z.enum(['gateway', 'daemon']).openapi({ description: 'Who refused' }),
    request_id: z.string().optional(),
    field: z.string().optional().openapi({ description: 'Path of what is wrong' }),
    edge_time: z
      .int()
      .optional()
      .openapi({ description: 'The gateway’s clock, Unix time, milliseconds' }),
  })
  .openapi('Problem')

/** The data of `ready`, which says that the backlog is served. */
export const Ready = z.object({ cursor: Cursor }).openapi('Ready')

/** This description itself. */
export const OpenApiDocument = z
  .looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) })
  .openapi('OpenApiDocument')
