import { InvalidArgumentError } from 'commander'

/** A TCP port of the command line; 0 takes a free one. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/u.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}
