import { InvalidArgumentError } from 'commander'

/** The id of a token on the command line, whole or its beginning: 8 to 64 hex digits. */
export function parseTokenId(text: string): string {
  if (/^[0-9a-f]{8,64}$/u.test(text)) return text
  throw new InvalidArgumentError('The id of a token is 8 to 64 hex digits, not the bearer token.')
}
