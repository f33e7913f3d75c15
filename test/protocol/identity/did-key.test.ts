import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { DidKeyError, formatDidKey, parseDidKey } from '../../../protocol/identity/did-key.ts'
import { isUsablePoint } from '../../../protocol/identity/ed25519-encoding.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isUsablePoint)

test('every key comes back from its did:key', () => {
  expect.hasAssertions()
  fc.assert(
    fc.property(key, (bytes) => {
      const did = formatDidKey(bytes)
      expect(did).toMatch(/^did:key:z6Mk/)
      expect(parseDidKey(did)).toEqual(new Uint8Array(bytes))
    }),
  )
})

test('a text that is read has no other spelling', () => {
  const mutation = fc.tuple(key, fc.nat({ max: 55 }), fc.string({ maxLength: 2, unit: 'grapheme' }))
  fc.assert(
    fc.property(mutation, ([bytes, at, put]) => {
      const did = formatDidKey(bytes)
      const changed = did.slice(0, at) + put + did.slice(at + 1)
      const read = readOrNull(changed)
      expect(read === null ? changed : formatDidKey(read)).toBe(changed)
    }),
    { numRuns: 500 },
  )
})

test('a key of another length has no did:key', () => {
  for (const length of [0, 31, 33]) {
    expect(() => formatDidKey(new Uint8Array(length))).toThrow(DidKeyError)
  }
})

test('a very long text costs nothing', () => {
  // Decoding it would take half an hour.
  expect(() => parseDidKey(`did:key:z${'6'.repeat(1_000_000)}`)).toThrow(DidKeyError)
})

function readOrNull(text: string): Uint8Array | null {
  try {
    return parseDidKey(text)
  } catch (error) {
    if (error instanceof DidKeyError) return null
    throw error
  }
}
