import { resolve } from 'node:path'
import { parseId } from './id.ts'

/** A path of the command line, absolute from here on: the daemon that gets it may run elsewhere. */
export function parsePath(text: string): string {
  return resolve(parseId(text))
}
