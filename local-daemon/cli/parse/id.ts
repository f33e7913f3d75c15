import { InvalidArgumentError } from 'commander'

/** An id or a name on the command line. An empty one is nearly always a shell variable that is not set. */
export function parseId(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It is empty; a shell variable may be unset.')
}
