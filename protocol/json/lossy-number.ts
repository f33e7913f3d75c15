import { endOfString } from './json-string.ts'
import { readMembers } from './read-members.ts'

/** Shorter ones keep all their digits: 2^53 has 16. */
const LONG_OR_POWER = /-?\d[\d.]{14,}(?:[eE][+-]?\d+)?|-?\d[\d.]*[eE][+-]?\d+/g

/** A number that would be stored as another one, as it is written, and where it stands. */
export interface LossyNumber {
  readonly number: string
  readonly path: readonly (string | number)[]
}

/**
 * The first number of a JSON text that no double holds as it is meant: a whole number that would get other digits, as a
 * 64-bit id does beyond 2^53, or one so large or small that infinity or nothing would be left (RFC 7493, section 2.2).
 * Decimals may be rounded, as every parser rounds them.
 * @param text valid JSON without a repeated member
 */
export function findLossyNumber(text: string): LossyNumber | undefined {
  if (!hasLossyNumber(text)) return undefined
  let found: LossyNumber | undefined
  readMembers(text, neverRepeated, (number, path) => {
    if (found === undefined && /^[-\d]/.test(number) && isLossy(number)) {
      found = { number, path: path() }
    }
  })
  return found
}

function neverRepeated(): never {
  throw new Error('a member is there twice')
}

/** Most texts have none: this look makes nothing. */
function hasLossyNumber(text: string): boolean {
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (const [number] of text.slice(at, end).matchAll(LONG_OR_POWER)) {
      if (isLossy(number)) return true
    }
    at = quote === -1 ? end : endOfString(text, quote)
  }
  return false
}

function isLossy(number: string): boolean {
  const value = Number(number)
  if (!Number.isFinite(value)) return true
  if (/^-?\d+$/.test(number)) return BigInt(value) !== BigInt(number)
  if (value === 0) return /^[^eE]*[1-9]/.test(number)
  const [digits, power] = partsOf(number)
  // Not whole, or exact, or written with the digits that it is stored with, such as 6.02214076e23.
  if (power < 0 || digits === partsOf(String(value))[0]) return false
  return BigInt(Math.abs(value)) !== BigInt(digits) * 10n ** BigInt(power)
}

/** The digits of a number from its first to its last one that is not 0, and the power of ten that they are multiplied by. */
function partsOf(number: string): readonly [digits: string, power: number] {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const all = whole + fraction
  let [from, to] = [0, all.length]
  while (all[from] === '0') from += 1
  while (to > from && all[to - 1] === '0') to -= 1
  return [all.slice(from, to), Number(exponent) - fraction.length + (all.length - to)]
}
