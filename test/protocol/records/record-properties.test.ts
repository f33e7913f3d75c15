import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonicalJson } from '../../../protocol/json/canonical-json.ts'
import { JsonError } from '../../../protocol/json/json-check.ts'
import { recordId, recordPreimage } from '../../../protocol/records/record-id.ts'
import { ACTS, DATA_TYPES, parseForeignRecord } from '../../../protocol/records/record.ts'

/** Any JSON, with the keys that trip up careless code, and without lone surrogates. */
const key = fc.oneof(
  fc.constantFrom('__proto__', 'toJSON', 'constructor', '', '1', '\u00f6', '\ufb33', '\u{1f600}'),
  fc.string({ unit: 'grapheme' }),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(objectOf),
}))

/** As `JSON.parse` makes it: `__proto__` is a key like any other. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return JSON.parse(
    `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`,
  )
}

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return objectOf(
    Object.entries(value)
      .toReversed()
      .map(([k, v]) => [k, reversed(v)]),
  )
}

const id = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((b) => Buffer.from(b).toString('hex'))
const record = fc.record({
  parents: fc.uniqueArray(id, { maxLength: 4 }).map((ids) => ids.toSorted()),
  thread: fc.stringMatching(/^th_[A-Za-z0-9_.-]{1,128}$/),
  actor: fc.stringMatching(/^did:[a-z0-9]{1,8}:[!-~]{1,99}$/),
  act: fc.constantFrom(...ACTS),
  body: json.object,
  clock: fc.maxSafeNat(),
  data_type: fc.constantFrom(...DATA_TYPES),
  judged_by: fc.option(id),
})

test('canonical JSON says the same, and its own canonical form is itself', () => {
  fc.assert(
    fc.property(json.value, (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 500 },
  )
})

test('canonical JSON does not know the order of keys', () => {
  fc.assert(
    fc.property(json.value, (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
    }),
    { numRuns: 500 },
  )
})

test('text with a lone surrogate is refused, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', '\udfff'),
      (text, lone) => {
        const bad = `${text.toWellFormed()}a${lone}a`
        for (const value of [bad, [bad], { [bad]: 1 }, { a: { b: [bad] } }]) {
          expect(() => canonicalJson(value)).toThrow(JsonError)
        }
      },
    ),
  )
})

test("a record's id ignores key order and judged_by, and is the SHA-256 of the pre-image", async () => {
  await fc.assert(
    fc.asyncProperty(record, fc.option(id), async (record, judge) => {
      const preimage = recordPreimage(parseForeignRecord(record))
      const other = parseForeignRecord({ ...(reversed(record) as object), judged_by: judge })
      expect(recordPreimage(other)).toBe(preimage)
      expect(await recordId(preimage)).toBe(createHash('sha256').update(preimage).digest('hex'))
    }),
    { numRuns: 200 },
  )
})

test('every other field changes the id', () => {
  fc.assert(
    fc.property(record, record, (left, right) => {
      const preimage = recordPreimage(parseForeignRecord(left))
      for (const field of [
        'parents',
        'thread',
        'actor',
        'act',
        'body',
        'clock',
        'data_type',
      ] as const) {
        if (canonicalJson(left[field]) === canonicalJson(right[field])) continue
        const changed = parseForeignRecord({ ...left, [field]: right[field] })
        expect(recordPreimage(changed)).not.toBe(preimage)
      }
    }),
    { numRuns: 200 },
  )
})

test('a record survives the wire: parsed from its own text it is the same record', () => {
  fc.assert(
    fc.property(record, (record) => {
      const parsed = parseForeignRecord(record)
      const again = parseForeignRecord(JSON.parse(JSON.stringify(parsed)))
      expect(recordPreimage(again)).toBe(recordPreimage(parsed))
    }),
    { numRuns: 200 },
  )
})
