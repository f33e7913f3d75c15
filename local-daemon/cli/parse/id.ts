import { InvalidArgumentError } from 'commander'

/** An id, a name, a path or a secret on the command line. An empty one is nearly always a shell variable that is not set. */
export function parseId(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It is empty; a shell variable may be unset.')
}

/** The whole id of a record. What cannot be undone is not done by the beginning of one. */
export function parseRecordId(text: string): string {
  if (/^[0-9a-f]{64}$/u.test(text)) return text
  throw new InvalidArgumentError(
    'It must be a whole id, 64 lower-case hex digits: spl thread records <thread> --json has them.',
  )
}
