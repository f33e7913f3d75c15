import { z } from '@hono/zod-openapi'
import { THREAD_ID } from '../../../protocol/identity/thread-id.ts'

export const RECORD_ID = /^[0-9a-f]{64}$/
export const RecordId = z
  .string()
  .regex(RECORD_ID, 'must be the id of a record: 64 lower-case hex digits')
  .openapi({ description: 'SHA-256, lower-case hex' })
export const ThreadId = z
  .string()
  .regex(THREAD_ID, 'must be the id of a thread: th_ and up to 128 letters, digits and _ . -')
