import canonicalize from 'canonicalize'

import { checkJson, JsonError } from './json-check.ts'
import type { JsonBounds } from './json-check.ts'
import { LIMITS } from '../limits.ts'

const BOUNDS: JsonBounds = { depth: LIMITS.canonicalDepth, bytes: LIMITS.canonicalBytes }

/**
 * Canonical JSON (RFC 8785). Throws `JsonError` for what JSON cannot carry unchanged (undefined, NaN,
 * lone surrogates, class instances; the library alone would silently leave some of them out) and for
 * values beyond the bounds, which are those of a record unless others are given.
 */
export function canonicalJson(value: unknown, bounds: JsonBounds = BOUNDS): string {
  const { mostBytes, isSorted } = checkJson(value, bounds)
  // RFC 8785 is what JSON.stringify of ECMAScript writes, but for the order of members; and it takes a fifth of the time.
  const text = isSorted ? JSON.stringify(value) : canonicalize(value)
  if (text === undefined) throw new Error('Canonicalise JSON: the checked value has no text')
  if (mostBytes > bounds.bytes) refuseLongText(text, bounds)
  return text
}

function refuseLongText(text: string, bounds: JsonBounds): void {
  if (new TextEncoder().encode(text).length <= bounds.bytes) return
  throw new JsonError('TOO_LARGE', '$', `larger than ${bounds.bytes} bytes of canonical JSON`)
}
