import { LIMITS } from '../../protocol/limits.ts'

/** The limits of one request, and of the request log. */
export const REQUEST_LIMITS = {
  /** Largest request body, bytes: one record, its envelope and some room for escapes. */
  bodyBytes: LIMITS.recordBytes + 64 * 1024,
  /** Lines of the request log kept in memory. */
  requestLogLines: 1_000,
  /** Characters of a line's path, and of each other text that a client chooses. */
  requestLogPath: 512,
  requestLogText: 256,
} as const
