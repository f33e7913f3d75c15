import { InvalidArgumentError } from 'commander'

/** The most that the gateway's settings take. */
const RATE_MAX = 1_000_000

/** Requests a minute: a whole number from 1 to a million. */
export function parseRate(text: string): number {
  const rate = /^[1-9]\d{0,6}$/u.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (rate <= RATE_MAX) return rate
  throw new InvalidArgumentError(`A rate is a whole number from 1 to ${RATE_MAX}.`)
}
