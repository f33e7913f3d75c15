import { existsSync } from 'node:fs'
import { PROCESS_LIMITS } from '../../process/limits.ts'

/** The log of a home and what was set aside of it, the oldest first. */
export function logFiles(path: string): string[] {
  const aside = Array.from({ length: PROCESS_LIMITS.logFiles }, (_, at) => `${path}.${at + 1}`)
  return [path, ...aside].filter((name) => existsSync(name)).toReversed()
}
