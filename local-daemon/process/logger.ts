import { pino, type Logger } from 'pino'
import { PROCESS_LIMITS } from './limits.ts'
import { openRotatingFile } from './rotating-file.ts'

/** Where a logged object could contain a secret. Bodies are never logged at all. */
const REDACTED = ['authorization', 'bearer', 'token', 'headers.authorization', '*.authorization']

/**
 * A log of JSON lines in a file (mode 0600, appended, bounded). Lines are written at once: there are few, and the
 * last one before a crash is the one that matters. `onClose` receives what closes the file.
 */
export function openLog(path: string, onClose: (close: () => void) => void): Logger {
  const { logBytes, logFiles } = PROCESS_LIMITS
  const file = openRotatingFile(path, { bytes: logBytes, kept: logFiles })
  onClose(() => file.close())
  return pino({ base: { pid: process.pid }, redact: REDACTED }, file)
}
