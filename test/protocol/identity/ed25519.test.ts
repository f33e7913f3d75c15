import { generateKeyPairSync, sign } from 'node:crypto'

import { expect, test } from 'vitest'

import { isCanonicalScalar, isUsablePoint } from '../../../protocol/identity/ed25519-encoding.ts'
import { verifyEd25519 } from '../../../protocol/identity/ed25519.ts'
import { decodeHex } from '../../../protocol/encoding/hex.ts'

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n

function littleEndian(value: bigint): Uint8Array {
  const digits = value.toString(16).padStart(64, '0')
  return (decodeHex(digits) ?? new Uint8Array()).toReversed()
}

// The platform may check these too (Node 24 does, Node 20 does not), so the rule is tested by itself.
test('every encoding of a small-order point is refused before the platform sees it', () => {
  // y of order 8 doubles to y = 0, so that d y^4 + 2 y^2 = 1 with d = -121665/121666.
  const y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
  expect((-121665n * y8 ** 4n + 121666n * (2n * y8 ** 2n - 1n)) % P).toBe(0n)
  for (const y of [0n, 1n, P - 1n, y8, P - y8, P, P + 1n]) {
    for (const sign of [0n, 1n]) {
      expect(isUsablePoint(littleEndian(y + (sign << 255n))), `y = ${y}, sign ${sign}`).toBe(false)
    }
  }
})

test('y is canonical up to p - 2 and from p on it is not, with either sign', () => {
  for (const sign of [0n, 1n]) {
    expect(isUsablePoint(littleEndian(P - 2n + (sign << 255n)))).toBe(true)
    expect(isUsablePoint(littleEndian(2n + (sign << 255n)))).toBe(true)
    for (let y = P; y < 2n ** 255n; y += 1n) {
      expect(isUsablePoint(littleEndian(y + (sign << 255n))), `y = ${y}`).toBe(false)
    }
  }
})

test('S is canonical below L only', () => {
  expect(isCanonicalScalar(littleEndian(0n))).toBe(true)
  expect(isCanonicalScalar(littleEndian(L - 1n))).toBe(true)
  for (const s of [L, L + 1n, 2n * L, 2n ** 253n, 2n ** 256n - 1n]) {
    expect(isCanonicalScalar(littleEndian(s)), `S = ${s}`).toBe(false)
  }
})

test('wrong lengths are refused, with any content', () => {
  for (const length of [0, 31, 33, 64]) {
    expect(isUsablePoint(new Uint8Array(length).fill(3))).toBe(false)
    expect(isCanonicalScalar(new Uint8Array(length))).toBe(false)
  }
})

test('what changes while a verification is under way does not change its answer', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const message = new TextEncoder().encode('the message')
  const signature = new Uint8Array(sign(null, message, privateKey))
  const answer = verifyEd25519(key, message, signature)
  for (const bytes of [key, message, signature]) bytes.fill(0)
  expect(await answer).toBe(true)
  expect(await verifyEd25519(key, message, signature)).toBe(false)
})

test('a view into larger memory is read where it points', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  const message = new TextEncoder().encode('before|the message|after')
  const view = message.subarray(7, 18)
  const signature = new Uint8Array(66)
  signature.set(sign(null, view, privateKey), 1)
  expect(await verifyEd25519(spki.subarray(-32), view, signature.subarray(1, 65))).toBe(true)
})
