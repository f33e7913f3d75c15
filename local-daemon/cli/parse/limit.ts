import { InvalidArgumentError } from 'commander'

/** `--limit` of the command line. */
export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('A limit is a whole number from 1.')
}
