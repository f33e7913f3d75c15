import { join } from 'node:path'
import type { Home } from '../../home/home.ts'

/** The file of a home in which the command line keeps its own bearer, mode 0600. */
export function tokenFile(home: Home): string {
  return join(home.root, 'token')
}
