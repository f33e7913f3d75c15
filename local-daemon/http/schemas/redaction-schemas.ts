import { z } from '@hono/zod-openapi'
import { HTTP_LIMITS } from '../limits.ts'
import { BodyHash, Milliseconds } from './redacted.ts'
import { RecordId, ThreadId } from './ids.ts'

export const NewRedaction = z
  .strictObject({
    reason: z
      .string()
      .trim()
      .min(1, 'must say why')
      .max(HTTP_LIMITS.reasonCharacters)
      .openapi({ description: 'It stays in the log, so do not repeat what is to be forgotten' }),
  })
  .openapi('NewRedaction')
export const Redaction = z
  .object({
    object: z.literal('redaction'),
    id: RecordId,
    thread: ThreadId,
    body_sha256: BodyHash,
    redacted_at: Milliseconds,
    record_id: RecordId.openapi({ description: 'The record that tells who and why' }),
    created: z.boolean().openapi({ description: 'False if it was redacted before' }),
    erased: z.boolean().openapi({
      description:
        'Whether no file of the store has the body any more. False while another program reads the store',
    }),
    backups: z
      .object({
        home: z.array(z.string()).readonly().nullable(),
        elsewhere: z.array(z.string()).readonly(),
      })
      .openapi({
        description:
          'Names of backups from before that may still have the body: at home (null if they cannot be listed), and those known in the S3 store',
      }),
  })
  .openapi('Redaction')
