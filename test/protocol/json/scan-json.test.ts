import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { findLossyNumber } from '../../../protocol/json/lossy-number.ts'
import { scanJson } from '../../../protocol/json/scan-json.ts'
import canonicalize from 'canonicalize'

/** Values and members of a parsed text. */
function countsOf(value: unknown): { values: number; members: number } {
  if (typeof value !== 'object' || value === null) return { values: 1, members: 0 }
  const inner = Object.values(value).map(countsOf)
  const values = inner.reduce((sum, one) => sum + one.values, 1)
  const members = inner.reduce((sum, one) => sum + one.members, 0)
  return { values, members: members + (Array.isArray(value) ? 0 : inner.length) }
}

/** An empty container counts as two. */
function emptyOnes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return inner.length === 0 ? 1 : inner.reduce((sum: number, one) => sum + emptyOnes(one), 0)
}

test('a scan counts the values and members of any text as the parser finds them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const { values, members } = scanJson(JSON.stringify(value, undefined, indent))
      const counts = countsOf(JSON.parse(JSON.stringify(value)))
      expect({ values: values - emptyOnes(value), members }).toEqual(counts)
    }),
  )
})

test('a scan finds each number that a double may not hold, and none in a string', () => {
  const digits = fc.stringMatching(/^-?[1-9][0-9]{0,25}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?$/)
  fc.assert(
    fc.property(digits, (number) => {
      const text = `{"a":["1e999",{"b":${number}}]}`
      if (findLossyNumber(text) !== undefined) expect(scanJson(text).hasUnusualNumber).toBe(true)
    }),
  )
  expect(scanJson('{"a":"12345678901234567890","b":[1,true,false,null,12.5]}')).toEqual({
    values: 8,
    members: 2,
    hasUnusualNumber: false,
  })
})

test.each(['', '"', '{"a":"b', '{"a":"b\\"'])('a scan of %j, which is no JSON, ends', (text) => {
  expect(scanJson(text).values).toBeGreaterThan(0)
})

test('canonical JSON is what the library writes, whether members come sorted or not', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('10', '9', '__proto__', 'é', '𝒳', ''),
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 0 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((members) => {
        // As JSON.parse makes them, also `__proto__`.
        return JSON.parse(
          `{${members.map(([key, of]) => `${JSON.stringify(key)}:${JSON.stringify(of)}`).join(',')}}`,
        ) as unknown
      }),
    ),
  }))
  fc.assert(
    fc.property(value, (of) => {
      fc.pre(JSON.stringify(of).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(of)))
      expect(canonicalJson(of)).toBe(canonicalize(of))
    }),
    { numRuns: 500 },
  )
})
