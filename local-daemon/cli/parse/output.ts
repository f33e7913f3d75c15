import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'

/** A file of the command line, absolute from here on, or `-` for stdin or stdout. */
export function parseOutput(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('It is empty; a shell variable may be unset.')
  return text === '-' ? text : resolve(text)
}
