import { endOfString } from './json-string.ts'

/** Shorter ones keep all their digits: 2^53 has 16. */
const LONG_OR_POWER = /-?\d[\d.]{14,}(?:[eE][+-]?\d+)?|-?\d[\d.]*[eE][+-]?\d+/g

/**
 * The first number of a JSON text that no double holds as it is meant: a whole number that would get other digits, as a
 * 64-bit id does beyond 2^53, or one so large or small that infinity or nothing would be left (RFC 7493, section 2.2).
 * Decimals may be rounded, as every parser rounds them.
 * @param text valid JSON
 */
export function findLossyNumber(text: string): string | undefined {
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (const [number] of text.slice(at, end).matchAll(LONG_OR_POWER)) {
      if (isLossy(number)) return number
    }
    at = quote === -1 ? end : endOfString(text, quote)
  }
  return undefined
}

function isLossy(number: string): boolean {
  const value = Number(number)
  if (!Number.isFinite(value)) return true
  if (/^-?\d+$/.test(number)) return BigInt(value) !== BigInt(number)
  return value === 0 && /^[^eE]*[1-9]/.test(number)
}
