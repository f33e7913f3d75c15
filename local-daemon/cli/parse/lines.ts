import { InvalidArgumentError } from 'commander'

/** How many lines, 0 to 999999. @throws InvalidArgumentError for anything else */
export function parseLines(text: string): number {
  if (/^\d{1,6}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('Lines are a whole number from 0 to 999999.')
}
