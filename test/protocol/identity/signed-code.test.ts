import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import {
  type CodeRequest,
  makeCode,
  parseCode,
  verifyCode,
  type ParsedCode,
} from '../../../protocol/identity/signed-code.ts'
import { parseDidKey } from '../../../protocol/identity/did-key.ts'
import { anIdentity } from '../../support/test-identity.ts'

const identity = anIdentity()
const owner = parseDidKey(identity.did)
const PATH = '/v1/sync/subscribe'
const EXPIRES = 2_000_000_000

function made(parts: Partial<CodeRequest> = {}): string {
  const nonce = new Uint8Array(16).fill(7)
  const { sign } = identity
  return makeCode({ kind: 'ticket', path: PATH, nonce, expires: EXPIRES, sign, ...parts })
}
function parsed(text: string): ParsedCode {
  const code = parseCode(text)
  if (code === undefined) throw new Error('it does not parse')
  return code
}

describe('a code', () => {
  test('says what it was made with, and holds for its path until it expires', async () => {
    for (const [kind, tag] of [
      ['ticket', 'spt_'],
      ['invite', 'spi_'],
      ['resume', 'spr_'],
    ] as const) {
      const text = made({ kind })
      expect(text.startsWith(tag)).toBe(true)
      const code = parsed(text)
      expect([code.kind, code.expires, [...code.nonce]]).toEqual([kind, EXPIRES, Array(16).fill(7)])
      expect(await verifyCode(code, PATH, owner, EXPIRES - 1)).toBe(true)
      expect(await verifyCode(code, PATH, owner, EXPIRES)).toBe(false)
    }
  })

  test('holds for no other path, kind, key, nonce or expiry', async () => {
    const code = parsed(made())
    const other = parseDidKey(anIdentity().did)
    for (const [changed, path, key] of [
      [code, `${PATH}/`, owner],
      [code, '/v1/sync/changes', owner],
      [{ ...code, kind: 'invite' }, PATH, owner],
      [{ ...code, kind: 'resume' }, PATH, owner],
      [code, PATH, other],
      [{ ...code, nonce: new Uint8Array(16) }, PATH, owner],
      [{ ...code, expires: EXPIRES + 1 }, PATH, owner],
    ] as const) {
      expect(await verifyCode(changed, path, key, 1)).toBe(false)
    }
  })

  test('cannot pass for a token, a record or a connect proof, nor they for it', () => {
    let signed = new Uint8Array()
    const sign = (bytes: Uint8Array) => {
      signed = new Uint8Array(bytes)
      return identity.sign(bytes)
    }
    made({ sign })
    expect(new TextDecoder().decode(signed)).toMatch(/^spt_2000000000 \/v1\/sync\/subscribe /)
  })

  test('at its longest is within the limit, and one character more is refused', () => {
    const longest = made({ nonce: new Uint8Array(16).fill(255), expires: 2 ** 32 - 1 })
    expect(longest.length).toBe(LIMITS.codeCharacters)
    expect(parseCode(longest)).toBeDefined()
    expect(parseCode(`${longest}2`)).toBeUndefined()
  })

  test('needs a nonce of 16 bytes', () => {
    expect(() => made({ nonce: new Uint8Array(15) })).toThrow('16 bytes')
  })
})

describe('the parser', () => {
  test.each([
    '',
    'spt_',
    'spi_',
    'spr_',
    'spx_2',
    'SPT_2',
    'spt_0',
    `spt_${'1'.repeat(83)}`,
    'spl_prod',
  ])('refuses %j', (text) => {
    expect(parseCode(text)).toBeUndefined()
  })

  test('takes what was made and nothing that differs from it in a character', () => {
    const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.nat(),
        fc.constantFrom(...base58),
        (nonce, expires, where, character) => {
          const text = made({ nonce, expires })
          const again = parsed(text)
          expect([...again.nonce]).toEqual([...nonce])
          expect(again.expires).toBe(expires)
          const at = 4 + (where % (text.length - 4))
          const changed = text.slice(0, at) + character + text.slice(at + 1)
          const code = parseCode(changed)
          if (changed === text || code === undefined) return
          const same = [code.nonce, code.signature, code.expires].toString()
          expect(same).not.toBe([again.nonce, again.signature, again.expires].toString())
        },
      ),
    )
  })

  test('refuses everything else, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `spt_${text}`),
        ),
        (text) => {
          expect(parseCode(text)).toBeUndefined()
        },
      ),
    )
  })
})
