import { z } from '@hono/zod-openapi'
import { BACKUP_REASONS } from '../../backup/manifest.ts'

/* The shapes of what the daemon tells of its backups. */

const count = z.int().nonnegative()
const time = z.int().openapi({ description: 'Unix time, seconds' })

/** A backup is asked for without any choice. */
export const NewBackup = z.strictObject({}).openapi('NewBackup')

const facts = {
  reason: z.enum(BACKUP_REASONS),
  created_at: time,
  records: count,
  epoch: z.string(),
  head_id: z.string().openapi({ description: 'The first digits of the id of its newest record' }),
  schema: count,
  sha256: z.string(),
}

export const Backup = z
  .object({
    object: z.literal('backup'),
    name: z.string(),
    bytes: count,
    ...facts,
    fault: z.null(),
  })
  .openapi('Backup')
const nothing = Object.fromEntries(Object.keys(facts).map((name) => [name, z.null()])) as Readonly<
  Record<keyof typeof facts, z.ZodNull>
>
const FaultyBackup = z
  .object({
    object: z.literal('backup'),
    name: z.string(),
    bytes: count,
    ...nothing,
    fault: z.string().openapi({ description: 'Why it does not count' }),
  })
  .openapi('FaultyBackup')
const Failure = z.object({
  code: z.string(),
  message: z.string(),
  try: z.string().nullable(),
  at: time,
})
export const BackupList = z
  .object({
    object: z.literal('list'),
    data: z.array(z.union([Backup, FaultyBackup])),
    has_more: z.literal(false),
    next_cursor: z.null(),
    every_seconds: count.openapi({ description: 'The setting `backup_every`; 0 for no schedule' }),
    keep: count,
    next_at: time.nullable(),
    failure: Failure.nullable().openapi({
      description: 'The last one that failed, until one succeeds',
    }),
    offsite: z
      .object({
        to: z.string(),
        sending: z.boolean(),
        names: z
          .array(z.string())
          .openapi({ description: 'Those that were there when it last looked' }),
        newest: z.string().nullable(),
        failure: Failure.nullable(),
      })
      .nullable()
      .openapi({ description: 'Where backups go too: the setting `backup_to`' }),
    ended_list_failure: Failure.nullable().openapi({
      description: 'Since when, and why, `ended.list` lacks what was revoked or redacted',
    }),
  })
  .openapi('BackupList')
