import { endOfString } from './json-string.ts'

const COMMA = 0x2c
const BRACE = 0x7b
const BRACKET = 0x5b

/**
 * Values in a JSON text, nested ones counted; an empty container counts as two. One look at each character, so that a
 * text with too many is refused before it is parsed.
 */
export function countValues(text: string): number {
  let values = 1
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === COMMA || unit === BRACE || unit === BRACKET) values += 1
    else if (unit === 0x22) {
      const end = endOfString(text, at)
      // A string without an end: not JSON, and the parser will say so.
      if (end === 0) return values
      at = end - 1
    }
  }
  return values
}
