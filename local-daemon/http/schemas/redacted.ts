import { z } from '@hono/zod-openapi'
import { RecordId } from './ids.ts'

/** Unix time in milliseconds. */
export const Milliseconds = z.int().openapi({ description: 'Unix time, milliseconds' })
export const BodyHash = z
  .string()
  .openapi({ description: 'SHA-256 of the canonical JSON of the body, lower-case hex' })
export const Redacted = z
  .object({
    at: Milliseconds,
    body_sha256: BodyHash,
    record_id: RecordId.openapi({ description: 'The record that tells who and why' }),
  })
  .openapi('Redacted', {
    description: 'The body was taken out: it is empty, and does not hash to the id any more',
  })
