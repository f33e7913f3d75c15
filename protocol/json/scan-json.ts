import { endOfString } from './json-string.ts'

/** What one look at each character of a JSON text tells, before it is parsed. */
export interface JsonScan {
  /** Values in it, nested ones counted; an empty container counts as two. */
  readonly values: number
  /** Members: each has its colon outside of strings. */
  readonly members: number
  /** Whether a number is so long, or written with such a power, that a double may not hold it: see `findLossyNumber`. */
  readonly hasUnusualNumber: boolean
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BRACE = 0x7b
const BRACKET = 0x5b
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
/** Shorter ones keep all their digits: 2^53 has 16. */
const LONG_NUMBER = 15

/** Scans a text, of which nothing is known: the parser will say whether it is JSON. */
export function scanJson(text: string): JsonScan {
  let values = 1
  let members = 0
  let digits = 0
  let hasUnusualNumber = false
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if ((unit >= ZERO && unit <= NINE) || unit === DOT) {
      digits += 1
      if (digits >= LONG_NUMBER) hasUnusualNumber = true
      continue
    }
    // `e` or `E`.
    if (digits > 0 && (unit | 0x20) === 0x65) hasUnusualNumber = true
    digits = 0
    if (unit === QUOTE) {
      const end = endOfString(text, at)
      // A string without an end.
      if (end === 0) break
      at = end - 1
    } else if (unit === COLON) members += 1
    else if (unit === COMMA || unit === BRACE || unit === BRACKET) values += 1
  }
  return { values, members, hasUnusualNumber }
}
