/** Every bound of the log file. */
export const PROCESS_LIMITS = {
  /** Bytes of the log file before it is set aside, and files that are kept beside it. */
  logBytes: 10 * 1024 * 1024,
  logFiles: 7,
  /** Lines that the log gets of faults in one minute; what is beyond is counted. */
  faultLines: 60,
} as const
