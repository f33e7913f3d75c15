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
])('%s is found: it would be another number', (number) => {
  expect(findLossyNumber(number)).toBe(number)
  expect(findLossyNumber(`{"a":"9007199254740993","b":[1,{"c":${number}}]}`)).toBe(number)
})

test.each([
  ['9007199254740991'],
  ['-9007199254740991'],
  // Even ones beyond 2^53 may be exact.
  ['9007199254740992'],
  ['18014398509481984'],
  ['1e21'],
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
  for (const text of ['1'.repeat(1_000_000), '"" '.repeat(333_333), '-'.repeat(1_000_000)]) {
    const from = performance.now()
    findLossyNumber(text)
    expect(performance.now() - from).toBeLessThan(1_000)
  }
})
