import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { decodeBase58, encodeBase58 } from '../../../protocol/encoding/base58.ts'
import { decodeBase64Url, encodeBase64Url } from '../../../protocol/encoding/base64url.ts'
import { decodeHex, encodeHex } from '../../../protocol/encoding/hex.ts'

const bytes = fc.uint8Array({ maxLength: 80 })
const utf8 = new TextEncoder()

test('hex and base64url are what Node writes', () => {
  fc.assert(
    fc.property(bytes, (bytes) => {
      expect(encodeHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
      expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
    }),
  )
})

test('base58 is what draft-msporny-base58-03 writes', () => {
  expect(encodeBase58(utf8.encode('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U')
  expect(encodeBase58(Uint8Array.of(0, 0, 0x28, 0x7f, 0xb4, 0xcd))).toBe('11233QC4')
  const fox = 'The quick brown fox jumps over the lazy dog.'
  expect(encodeBase58(utf8.encode(fox))).toBe(
    'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z',
  )
})

test.each([
  ['hex', encodeHex, decodeHex],
  ['base58', encodeBase58, decodeBase58],
  ['base64url', encodeBase64Url, decodeBase64Url],
])('%s: bytes come back, and a text that is read has one spelling', (_name, encode, decode) => {
  fc.assert(
    fc.property(bytes, (bytes) => {
      expect(decode(encode(bytes))).toEqual(new Uint8Array(bytes))
    }),
  )
  const text = fc.string({ unit: fc.constantFrom(...'019afAFzZ-_+/=lO \n\u00e9'), maxLength: 12 })
  fc.assert(
    fc.property(text, (text) => {
      const read = decode(text)
      expect(read === undefined ? text : encode(read)).toBe(text)
    }),
    { numRuns: 2_000 },
  )
})

test('other spellings are refused', () => {
  for (const text of ['A0', 'a', 'abc', '0x00', 'zz', 'aa '])
    expect(decodeHex(text)).toBeUndefined()
  for (const text of ['A', 'AA==', 'AB', 'AAB', '+A', '/A', 'A A', 'AAAAA']) {
    expect(decodeBase64Url(text)).toBeUndefined()
  }
  for (const text of ['0', 'O', 'I', 'l', ' 1', '1\n']) expect(decodeBase58(text)).toBeUndefined()
})

test('base58 decodes 128 characters and not one more', () => {
  expect(decodeBase58('z'.repeat(128))).toHaveLength(94)
  expect(decodeBase58('z'.repeat(129))).toBeUndefined()
})
