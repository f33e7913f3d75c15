import { InvalidArgumentError } from 'commander'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A time span of the command line, in seconds: a whole number from 1 to 999999 and one of `s m h d`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/u.exec(text) ?? []
  if (count !== undefined) return Number(count) * SECONDS[unit as keyof typeof SECONDS]
  throw new InvalidArgumentError('A time span looks like 90s, 15m, 12h or 30d.')
}
