import { pino, type Logger } from 'pino'

/** Where a secret could stand in a logged object. Bodies are never logged at all. */
const REDACTED = ['authorization', 'bearer', 'token', 'headers.authorization', '*.authorization']

/**
 * A log of JSON lines in a file (mode 0600, appended). Lines are written at once: there are few, and the
 * last one before a crash is the one that matters. `onClose` receives what closes the file.
 */
export function openLog(path: string, onClose: (close: () => void) => void): Logger {
  const file = pino.destination({ dest: path, append: true, mode: 0o600, sync: true })
  // A log that cannot be written (a full disk) must not end the daemon, which still answers reads.
  file.on('error', () => {})
  onClose(() => file.end())
  return pino({ base: { pid: process.pid }, redact: REDACTED }, file)
}
