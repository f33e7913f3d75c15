import { InvalidArgumentError } from 'commander'

/** How many lines, 0 to 999999. @throws InvalidArgumentError for anything else */
export function parseLines(text: string): number {
  if (/^\d{1,6}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('Lines are a whole number from 0 to 999999.')
}

/** The number of a line, from 1. @throws InvalidArgumentError for anything else */
export function parseFromLine(text: string): number {
  if (/^[1-9]\d{0,11}$/u.test(text)) return Number(text)
  throw new InvalidArgumentError('Lines are counted from 1.')
}
