import { countText } from '../problem/count-text.ts'

/** When a certificate is valid; Unix time, milliseconds. */
export interface CertificateLife {
  readonly validFrom: number
  readonly validTo: number
}

/** Certificates are valid for hours to a year. Programs renew them with a third left, and then keep trying. */
const SHARE = 1 / 6
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Whether so little of its lifetime is left that its renewal must have failed. @param now Unix time, ms */
export function endsSoon({ validFrom, validTo }: CertificateLife, now: number): boolean {
  return validTo - now < SHARE * (validTo - validFrom)
}

/** How much of it is left, for people: `60 days`, `11 hours`. */
export function lifeLeft({ validTo }: Pick<CertificateLife, 'validTo'>, now: number): string {
  const ms = Math.max(0, validTo - now)
  const [count, unit] = ms < 2 * DAY_MS ? [ms / HOUR_MS, 'hour'] : [ms / DAY_MS, 'day']
  return countText(Math.floor(count), unit)
}
