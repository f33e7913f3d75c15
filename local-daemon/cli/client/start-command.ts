import type { Home } from '../../home/home.ts'
import { readLastStart } from './running-file.ts'

/** What starts the daemon of a home: as it was started last, or for the first time. */
export function startCommand(home: Home): string {
  return readLastStart(home) === undefined ? 'spl serve --daemon' : 'spl serve --restart'
}
