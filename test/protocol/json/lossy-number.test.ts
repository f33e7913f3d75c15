import { expect, test } from 'vitest'
import { findLossyNumber } from '../../../protocol/json/lossy-number.ts'

test.each([
  ['12345678901234567890'],
  ['9007199254740993'],
  ['-9007199254740993'],
  ['1e400'],
  ['-1e400'],
  ['1e-400'],
  ['0.5e-400'],
  [`1${'0'.repeat(400)}`],
  // Whole numbers, however they are written.
  ['9007199254740993.0'],
  ['9007199254740993.000'],
  ['9007199254740993e0'],
  ['-9.007199254740993E+15'],
  ['90071992547409930e-1'],
  ['12345678901234567890.0'],
])('%s is found: it would be another number', (number) => {
  expect(findLossyNumber(number)).toEqual({ number, path: [] })
  const text = `{"a":"9007199254740993","b":[1,{"c":${number}},${number}]}`
  expect(findLossyNumber(text)).toEqual({ number, path: ['b', 1, 'c'] })
})

test.each([
  ['9007199254740991'],
  ['-9007199254740991'],
  // Even ones beyond 2^53 may be exact.
  ['9007199254740992'],
  ['18014398509481984'],
  ['9007199254740992.0'],
  ['9.007199254740992e15'],
  ['36028797018963968.0'],
  ['9007199254740993.5'],
  ['1e21'],
  // The digits that are written are those that are kept.
  ['6.02214076e23'],
  ['1e308'],
  ['0.0e5'],
  ['1E3'],
  ['0e-400'],
  ['-0'],
  ['0.1'],
  ['3.14159265358979323846264338327950288'],
  ['5e-324'],
  ['"12345678901234567890"'],
  ['"a\\"1e400"'],
  ['{"12345678901234567890":"1e400"}'],
])('%s is kept', (text) => {
  expect(findLossyNumber(text)).toBeUndefined()
})

test('a megabyte of digits, quotes or minus signs takes no time', () => {
  const digits = [
    '1'.repeat(1_000_000),
    `1.${'0'.repeat(500_000)}1`,
    `0.${'0'.repeat(500_000)}1e500001`,
  ]
  for (const text of [...digits, `[${digits.map((one) => one.slice(0, 300)).join(',')}]`]) {
    const from = performance.now()
    findLossyNumber(text)
    expect(performance.now() - from).toBeLessThan(1_000)
  }
})
