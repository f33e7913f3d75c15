/** The limits of the log file. */
export const PROCESS_LIMITS = {
  /** Bytes of the log file before it is rotated, and how many old files are kept. */
  logBytes: 10 * 1024 * 1024,
  logFiles: 7,
  /** Lines about faults in the log per minute; more are only counted. */
  faultLines: 60,
} as const
