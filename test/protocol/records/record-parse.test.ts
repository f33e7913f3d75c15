import { expect, test } from 'vitest'

import { LIMITS } from '../../../protocol/limits.ts'
import { recordPreimage } from '../../../protocol/records/record-id.ts'
import { parseForeignRecord, parseRecord, RecordError } from '../../../protocol/records/record.ts'

const least = { thread: 'th_demo', actor: 'did:sync:user:ada', act: 'KNOW', body: {}, clock: 0 }
const full = { ...least, parents: [], data_type: 'SCALAR', judged_by: null }

function fault(value: unknown, parse: (value: unknown) => unknown = parseRecord): RecordError {
  try {
    parse(value)
  } catch (error) {
    if (error instanceof RecordError) return error
    throw error
  }
  throw new Error('Accepted')
}

test('a request may leave out parents, data_type and judged_by', () => {
  expect(parseRecord(least)).toEqual(full)
})

test('a foreign record may leave out nothing', () => {
  expect(parseForeignRecord(full)).toEqual(full)
  for (const field of Object.keys(full)) {
    const part = Object.fromEntries(Object.entries(full).filter(([name]) => name !== field))
    expect(fault(part, parseForeignRecord)).toMatchObject({ field, message: 'is missing' })
  }
  expect(fault(least, parseForeignRecord).code).toBe('INVALID_RECORD')
})

test('undefined is not absent: it is refused', () => {
  for (const field of Object.keys(full)) {
    expect(fault({ ...full, [field]: undefined }).field).toBe(field)
  }
})

test('unsorted parents are told to be sorted, repeated ones to be given once', () => {
  const [low, high] = ['1'.repeat(64), '2'.repeat(64)]
  expect(fault({ ...full, parents: [high, low] })).toMatchObject({
    field: 'parents[1]',
    message: expect.stringContaining('sort parents ascending'),
  })
  expect(fault({ ...full, parents: [low, low] }).message).toContain('once')
})

test('as many parents as the limit pass, one more does not', () => {
  const ids = Array.from({ length: LIMITS.recordParents + 1 }, (_, n) =>
    n.toString(16).padStart(64, '0'),
  )
  expect(parseRecord({ ...full, parents: ids.slice(1) }).parents).toHaveLength(LIMITS.recordParents)
  expect(fault({ ...full, parents: ids }).field).toBe('parents')
})

test('holes, classes and accessors of a prototype are no records', () => {
  class Thing {
    readonly thread = 'th_demo'
  }
  expect(fault(new Thing()).field).toBe('$')
  expect(fault(Object.create(full)).field).toBe('$')
  // oxlint-disable-next-line no-sparse-arrays
  expect(fault({ ...full, parents: [, '1'.repeat(64)] }).field).toBe('parents[0]')
  for (const value of [new Date(0), new Map(), 1n, Symbol('s'), () => 1, undefined, Number.NaN]) {
    expect(fault({ ...full, body: { deep: [value] } }).field).toBe('body.deep[0]')
  }
  expect(fault({ ...full, clock: -0 }).field).toBe('clock')
})

test('a body of exactly the largest size passes and one byte more does not', () => {
  // {"s":"…"} is eight bytes around the text.
  const text = 'x'.repeat(LIMITS.recordBytes - 8)
  expect(parseRecord({ ...full, body: { s: text } }).body).toEqual({ s: text })
  expect(fault({ ...full, body: { s: `${text}x` } })).toMatchObject({
    field: expect.stringMatching(/^body/),
    message: expect.stringContaining('larger than'),
  })
  // Bytes count, not characters, and an escape counts as it is written.
  const euros = '\u20ac'.repeat(Math.floor((LIMITS.recordBytes - 8) / 3))
  expect(parseRecord({ ...full, body: { s: euros } }).body).toEqual({ s: euros })
  expect(fault({ ...full, body: { s: `${euros}\u20ac` } }).field).toMatch(/^body/)
  const nulls = '\u0000'.repeat(Math.floor((LIMITS.recordBytes - 8) / 6))
  expect(parseRecord({ ...full, body: { s: nulls } }).body).toEqual({ s: nulls })
  expect(fault({ ...full, body: { s: `${nulls}\u0000` } }).field).toMatch(/^body/)
})

test('the largest record of all has a canonical text', () => {
  const largest = parseRecord({
    ...full,
    parents: Array.from({ length: LIMITS.recordParents }, (_, n) =>
      n.toString(16).padStart(64, '0'),
    ),
    thread: `th_${'t'.repeat(128)}`,
    actor: `did:x:${'a'.repeat(250)}`,
    body: { s: 'x'.repeat(LIMITS.recordBytes - 8) },
    clock: Number.MAX_SAFE_INTEGER,
  })
  expect(recordPreimage(largest).length).toBeLessThan(LIMITS.canonicalBytes)
})

test('a body that contains itself, or one part many times over, is refused at once', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  expect(fault({ ...full, body: loop }).message).toContain('nested deeper')
  let bush: unknown = 'leaf'
  // A trillion leaves: to visit them all would take days.
  for (let level = 0; level < 40; level += 1) bush = [bush, bush]
  expect(fault({ ...full, body: { bush } }).message).toContain('larger than')
})

test('the path of a fault is short and printable', () => {
  const name = `\u001b[31m${'n'.repeat(10_000)}\u00e9`
  for (const value of [
    { ...full, [name]: 1 },
    { ...full, body: { [name]: Number.NaN } },
  ]) {
    expect(fault(value).field).toMatch(/^[ -~\u2026]{1,256}$/)
  }
})
