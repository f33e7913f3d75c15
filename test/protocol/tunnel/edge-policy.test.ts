import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeEdgePolicy,
  type EdgePolicy,
  type EdgeToken,
  encodeEdgePolicy,
  scopeBits,
  withoutReach,
} from '../../../protocol/tunnel/edge-policy.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { SCOPES } from '../../../protocol/identity/scopes.ts'

const ID = 'ab'.repeat(32)
const policy: EdgePolicy = {
  version: 7,
  time: 1_795_478_000,
  origins: ['https://app.example.com'],
  tokens: { [ID]: { scopes: 3, expires: 9 } },
  limits: { token_per_second: 1, token_burst: 2, body_bytes: 3 },
}
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('a policy comes back as it was', () => {
  const narrow = { [ID]: { scopes: 1, threads: '0102ffff' } }
  for (const one of [
    policy,
    { ...policy, tokens: narrow },
    { ...policy, tokens: null },
    { ...policy, tokens: {}, origins: [] },
  ]) {
    expect(decodeEdgePolicy(encodeEdgePolicy(one) ?? new Uint8Array())).toEqual(one)
  }
})

describe('what is no policy is refused', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['nothing', null],
    ['no version', { ...policy, version: undefined }],
    ['a negative version', { ...policy, version: -1 }],
    ['an absurd version', { ...policy, version: 2 ** 53 }],
    ['no time', { ...policy, time: undefined }],
    ['a time before 1970', { ...policy, time: -1 }],
    ['origins that are no texts', { ...policy, origins: [1] }],
    ['too many origins', { ...policy, origins: Array(LIMITS.corsOrigins + 1).fill('https://a') }],
    ['tokens in a list', { ...policy, tokens: [ID] }],
    ['no tokens at all', { ...policy, tokens: undefined }],
    ['a token by another name', { ...policy, tokens: { __proto__x: { scopes: 1 } } }],
    ['a token without scopes', { ...policy, tokens: { [ID]: {} } }],
    ['a token that expires in words', { ...policy, tokens: { [ID]: { scopes: 1, expires: 'x' } } }],
    ['threads by name', { ...policy, tokens: { [ID]: { scopes: 1, threads: ['th_x'] } } }],
    ['half a thread', { ...policy, tokens: { [ID]: { scopes: 1, threads: '01' } } }],
    ['a limit of nothing', { ...policy, limits: { ...policy.limits, token_burst: 0 } }],
    ['a limit in parts', { ...policy, limits: { ...policy.limits, body_bytes: 1.5 } }],
    ['no limits', { ...policy, limits: undefined }],
  ])('%s', (_what, value) => {
    expect(decodeEdgePolicy(bytesOf(value))).toBeUndefined()
  })

  test('a text that names a member twice', () => {
    const text = JSON.stringify(policy).replace('{', '{"version":8,')
    expect(decodeEdgePolicy(new TextEncoder().encode(text))).toBeUndefined()
  })

  test('broken UTF-8, broken JSON, and one byte too many', () => {
    expect(decodeEdgePolicy(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined()
    expect(decodeEdgePolicy(new TextEncoder().encode('{"version":1'))).toBeUndefined()
    const text = JSON.stringify(policy).padEnd(LIMITS.policyBytes)
    expect(decodeEdgePolicy(new TextEncoder().encode(text))).toEqual(policy)
    expect(decodeEdgePolicy(new TextEncoder().encode(`${text} `))).toBeUndefined()
  })

  test('anything else, without throwing', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(decodeEdgePolicy(new TextEncoder().encode(text))).toBeUndefined()
      }),
    )
  })
})

test('a policy of a later version is read, and what is not known in it left alone', () => {
  const tokens = { [ID]: { scopes: 1, later: ['x'] } }
  expect(decodeEdgePolicy(bytesOf({ ...policy, tokens, later: 1 }))).toEqual({ ...policy, tokens })
})

test('a policy that is too large with what its tokens reach still fits without', () => {
  const threads = '0102'.repeat(64)
  const many = (token: EdgeToken) =>
    Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [n.toString(16).padStart(64, '0'), token]),
    )
  const large = { ...policy, tokens: many({ scopes: 127, expires: 1_795_478_000, threads }) }
  expect(encodeEdgePolicy(large)).toBeUndefined()
  const small = withoutReach(large)
  expect(small.tokens).toEqual(many({ scopes: 127, expires: 1_795_478_000 }))
  expect(encodeEdgePolicy(small)).toBeDefined()
  expect(withoutReach({ ...policy, tokens: null }).tokens).toBeNull()
})

test('a policy that is too large to be sent is refused', () => {
  const hex = (n: number) => n.toString(16).padStart(64, '0')
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [hex(n), { scopes: 127 }]))
  expect(encodeEdgePolicy({ ...policy, tokens: many(2_000) })).toBeDefined()
  expect(encodeEdgePolicy({ ...policy, tokens: many(4_000) })).toBeUndefined()
})

test('each scope has a bit of its own, in the order of the list', () => {
  expect(SCOPES.map((scope) => scopeBits([scope]))).toEqual([1, 2, 4, 8, 16, 32, 64])
  expect(scopeBits(['admin', 'records:read', 'nonsense'])).toBe(65)
})
