import { LIMITS } from '../../protocol/limits.ts'

/** Every bound of one request as such, and of the log of them. */
export const REQUEST_LIMITS = {
  /** Largest request body, bytes: one record, its envelope and some room for escapes. */
  bodyBytes: LIMITS.recordBytes + 64 * 1024,
  /** Lines of the request log that are kept in memory. */
  requestLogLines: 1_000,
  /** Characters of a line's path, and of each of its other texts that a client chooses. */
  requestLogPath: 512,
  requestLogText: 256,
} as const
