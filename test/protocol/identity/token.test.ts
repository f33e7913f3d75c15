import { createHash, generateKeyPairSync, sign } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { LIMITS } from '../../../protocol/limits.ts'
import {
  mintTokenPayload,
  parseToken,
  TokenError,
  tokenId,
  verifyToken,
} from '../../../protocol/identity/token.ts'

const instance = generateKeyPairSync('ed25519')
const publicKey = new Uint8Array(
  instance.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
)
const signer = (bytes: Uint8Array): Uint8Array => sign(null, bytes, instance.privateKey)

function text(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength })
}

const env = text('abcdefghijklmnopqrstuvwxyz0123456789', 1, 16)
const saId = text('0123456789abcdefghjkmnpqrstvwxyz', 10, 26).map((rest) => `sa_${rest}`)
// Leading zero bytes make the secret shorter, so they come often.
const random = fc
  .tuple(fc.nat({ max: 16 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(([zeros, bytes]) => new Uint8Array(bytes).fill(0, 0, zeros))

test('a token comes back as it was minted, and the instance vouches for it', async () => {
  await fc.assert(
    fc.asyncProperty(env, saId, random, async (env, saId, random) => {
      const { token, secret } = mintTokenPayload({ env, saId, random, sign: signer })
      const parsed = parseToken(token)
      expect(token).toBe(`spl_${env}_${saId}_${secret}`)
      expect(token.length).toBeLessThanOrEqual(LIMITS.tokenCharacters)
      expect(parsed).toMatchObject({ env, saId, secret })
      expect(parsed.signed.slice(-16)).toEqual(random)
      expect(await verifyToken(parsed, publicKey)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

const ALPHABET = ' -_.019AIOZailouz\u0000\u00e9\uff10'

test('every change of one character is refused, at every place', async () => {
  const minted = mintTokenPayload({
    env: 'prod',
    saId: 'sa_01jd3k7w2qxyz',
    random: new Uint8Array(16).fill(0, 0, 2).fill(201, 2),
    sign: signer,
  })
  const changed: string[] = []
  for (let at = 0; at <= minted.token.length; at += 1) {
    const before = minted.token.slice(0, at)
    changed.push(before + minted.token.slice(at + 1))
    for (const put of ALPHABET) {
      changed.push(before + put + minted.token.slice(at), before + put + minted.token.slice(at + 1))
    }
  }
  expect(await passes(minted.token)).toBe(true)
  for (const text of changed.filter((text) => text !== minted.token)) {
    expect([text, await passes(text)]).toEqual([text, false])
  }
})

test('a change of any one character to any other is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      env,
      saId,
      random,
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (env, saId, random, place, put) => {
        const { token } = mintTokenPayload({ env, saId, random, sign: signer })
        const at = place % token.length
        fc.pre(token[at] !== put)
        const changed = token.slice(0, at) + put + token.slice(at + 1)
        expect([changed, await passes(changed)]).toEqual([changed, false])
      },
    ),
    { numRuns: 300 },
  )
})

test('the longest possible token is just within the limit', () => {
  const random = new Uint8Array(16).fill(255)
  const sign = largestSignature
  const longest = { env: 'a'.repeat(16), saId: `sa_${'z'.repeat(26)}`, random, sign }
  expect(mintTokenPayload(longest).token.length).toBe(LIMITS.tokenCharacters)
})

test('what the parser would not take is not minted', () => {
  const good = { env: 'prod', saId: 'sa_0123456789', random: new Uint8Array(16), sign: signer }
  const bad = [
    { env: '' },
    { env: 'Prod' },
    { env: 'a_b' },
    { saId: 'sa_short' },
    { saId: '0123456789' },
    { random: new Uint8Array(15) },
    { random: new Uint8Array(17) },
    { sign: () => new Uint8Array(63) },
  ]
  for (const change of bad) {
    expect(() => mintTokenPayload({ ...good, ...change })).toThrow(TokenError)
  }
})

test('a million characters are refused without work', () => {
  // Decoding them would take half an hour.
  expect(() => parseToken(`spl_prod_sa_0123456789_${'2'.repeat(1_000_000)}`)).toThrow(TokenError)
})

test('the error never repeats the text', () => {
  const secret = 'Kq7'.repeat(30)
  for (const text of [`spl_prod_sa_0123456789_${secret}`, secret, `spl_prod_${secret}`]) {
    let message = ''
    try {
      parseToken(text)
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatch(/^TokenError: /)
    expect(message).not.toContain('Kq7')
  }
})

test("the token's id is the SHA-256 of the secret's text", async () => {
  const expected = createHash('sha256').update('secret').digest('hex')
  expect(await tokenId('secret')).toBe(expected)
})

function largestSignature(): Uint8Array {
  return new Uint8Array(64).fill(255)
}

/** Whether the text passes as a token of this instance. */
async function passes(text: string): Promise<boolean> {
  try {
    return await verifyToken(parseToken(text), publicKey)
  } catch (error) {
    if (error instanceof TokenError) return false
    throw error
  }
}
