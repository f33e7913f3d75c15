import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { corsPolicy, decideCors, type CorsDecision } from '../../../protocol/http/cors.ts'

const GOOD = 'https://good.com'
const LOCAL = 'http://localhost:3000'
const UNICODE = 'https://xn--bcher-kva.example'
const policy = corsPolicy([GOOD, LOCAL, UNICODE])
const nobody = corsPolicy([])

const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const ACTUAL = {
  'access-control-allow-origin': GOOD,
  'access-control-expose-headers': 'x-request-id, retry-after, location, www-authenticate, allow',
  vary: 'Origin',
}
const PREFLIGHT = {
  'access-control-allow-origin': GOOD,
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, last-event-id, idempotency-key, x-syncropel-actor, accept, cache-control, pragma, if-none-match, if-modified-since, x-requested-with, x-request-id, traceparent, tracestate, baggage, sentry-trace',
  'access-control-max-age': '600',
  vary: PREFLIGHT_VARY,
}

type Fields = Readonly<Record<string, string>>

/** As the gateway and the daemon call it. */
function decide(method: string, headers: Fields, by = policy): CorsDecision {
  return decideCors(new Request('https://home.example/v1/records', { method, headers }), by)
}

function preflight(origin: string, more: Fields = {}, by = policy): CorsDecision {
  return decide('OPTIONS', { origin, 'access-control-request-method': 'POST', ...more }, by)
}

/** What no client library lets through, for a decision that must not depend on one. */
function raw(method: string, fields: Fields): Parameters<typeof decideCors>[0] {
  return { method, headers: { get: (name) => fields[name] ?? null } }
}

describe('no Origin', () => {
  test('nothing is said but that answers differ by origin', () => {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT']) {
      expect(decide(method, {})).toEqual({ kind: 'none', headers: { vary: 'Origin' } })
    }
    const asking = { 'access-control-request-method': 'POST' }
    expect(decide('OPTIONS', asking)).toEqual({ kind: 'none', headers: { vary: 'Origin' } })
  })

  test('with no origin allowed, all answers are the same', () => {
    expect(decide('GET', {}, nobody)).toEqual({ kind: 'none', headers: {} })
  })

  test('no other header is read, and nothing is made', () => {
    const read: string[] = []
    const headers = { get: (name: string) => (read.push(name), null) }
    const first = decideCors({ method: 'OPTIONS', headers }, policy)
    expect(decideCors({ method: 'GET', headers }, policy)).toBe(first)
    expect(read).toEqual(['origin', 'origin'])
  })
})

describe('an actual request', () => {
  test('an allowed origin is named, with the headers that its page may read', () => {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'OPTIONS']) {
      const decision = decide(method, { origin: GOOD })
      expect(decision).toEqual({ kind: 'actual', allowed: true, headers: ACTUAL })
    }
    expect(decide('GET', { origin: LOCAL }).headers).toEqual({
      ...ACTUAL,
      'access-control-allow-origin': LOCAL,
    })
  })

  test('any other learns nothing, but caches do', () => {
    const denied = { kind: 'actual', allowed: false, headers: { vary: 'Origin' } }
    expect(decide('POST', { origin: 'https://evil.com' })).toEqual(denied)
    expect(decide('POST', { origin: GOOD }, nobody)).toEqual({ ...denied, headers: {} })
  })

  test('a request method asked for is a preflight with OPTIONS only', () => {
    const asking = { origin: GOOD, 'access-control-request-method': 'POST' }
    expect(decide('GET', asking).kind).toBe('actual')
    expect(decideCors(raw('options', asking), policy).kind).toBe('actual')
    expect(decideCors(raw('OPTIONS', asking), policy).kind).toBe('preflight')
  })
})

describe('a preflight', () => {
  test('an allowed origin gets the fixed lists', () => {
    expect(preflight(GOOD)).toEqual({ kind: 'preflight', allowed: true, headers: PREFLIGHT })
  })

  test('for every method and header that is asked for, the answer is the same', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `x-${n}`).join(', ')
    for (const headers of ['', '*', 'cookie', 'authorization', many]) {
      for (const method of ['', 'PUT', 'CONNECT', 'delete', '*']) {
        const asked = {
          'access-control-request-headers': headers,
          'access-control-request-method': method,
        }
        expect(preflight(GOOD, asked)).toBe(preflight(GOOD))
      }
    }
  })

  test('any other origin gets nothing', () => {
    const denied = { kind: 'preflight', allowed: false, headers: { vary: PREFLIGHT_VARY } }
    const networks = { 'access-control-request-private-network': 'true' }
    expect(preflight('https://evil.com')).toEqual(denied)
    expect(preflight('https://evil.com', networks)).toEqual(denied)
    expect(preflight(GOOD, networks, nobody)).toEqual(denied)
  })

  test('leave for a private or local network is given when asked for', () => {
    const allow = (network: string) => ({ [`access-control-allow-${network}-network`]: 'true' })
    const ask = (network: string, value: string) => ({
      [`access-control-request-${network}-network`]: value,
    })
    const both = { ...ask('private', 'true'), ...ask('local', 'true') }
    const rows: readonly (readonly [asked: Fields, answer: Fields])[] = [
      [{}, {}],
      [ask('private', 'true'), allow('private')],
      [ask('local', 'true'), allow('local')],
      [both, { ...allow('private'), ...allow('local') }],
      [ask('private', 'false'), {}],
      [ask('private', ''), {}],
      [ask('local', '1'), {}],
      [ask('local', 'TRUE'), {}],
      [ask('public', 'true'), {}],
    ]
    for (const [asked, answer] of rows) {
      const expected = { kind: 'preflight', allowed: true, headers: { ...PREFLIGHT, ...answer } }
      expect(preflight(GOOD, asked)).toEqual(expected)
      expect(decide('GET', { origin: GOOD, ...asked }).headers).toEqual(ACTUAL)
    }
  })
})

const NOT_GOOD = [
  'null',
  '',
  '*',
  'https://good.com.evil.com',
  'https://evil-good.com',
  'https://evilgood.com',
  'https://a.good.com',
  'https://good.co',
  'https://good.com.',
  'https://good.com/',
  'https://good.com:443',
  'https://good.com:80',
  'https://good.com:0',
  'https://good.com:99999',
  'https://good.com:80@evil.com',
  'https://good.com@evil.com',
  'https://evil.com#https://good.com',
  'https://good.com, https://evil.com',
  'https://good.com,https://good.com',
  'https://good.com https://evil.com',
  'https://GOOD.com',
  'HTTPS://good.com',
  'http://good.com',
  'good.com',
  '//good.com',
  'https://good.com%00.evil.com',
  'https://good_com',
  'https://goodxcom',
  'http://localhost',
  'http://localhost:30000',
  'http://127.0.0.1:3000',
  'http://[::1]:3000',
  'https://b%C3%BCcher.example',
  'https://XN--BCHER-KVA.example',
  'constructor',
  '__proto__',
]

describe('an origin that is almost one of the list', () => {
  test.each(NOT_GOOD)('%s is not allowed', (origin) => {
    for (const decision of [decide('GET', { origin }), preflight(origin)]) {
      expect(decision).toMatchObject({ allowed: false })
      expect(Object.keys(decision.headers)).toEqual(['vary'])
    }
  })

  test('not in the characters that no library sends', () => {
    for (const origin of [
      'https://b\u00fccher.example',
      `${GOOD}\r\nx: y`,
      ` ${GOOD}`,
      `${GOOD}\0`,
    ])
      expect(decideCors(raw('GET', { origin }), policy)).toMatchObject({ allowed: false })
  })

  test('not repeated: two fields are one list', () => {
    const headers = new Headers([
      ['origin', GOOD],
      ['origin', GOOD],
    ])
    expect(decideCors({ method: 'GET', headers }, policy)).toMatchObject({ allowed: false })
  })
})

test('a list that no parser saw allows nothing that is not an origin', () => {
  const list = ['null', '*', '', 'https://*.good.com', `${GOOD}/`, 'HTTPS://good.com', 'a\r\nb: c']
  const unparsed = corsPolicy(list)
  for (const origin of list)
    expect(decideCors(raw('GET', { origin }), unparsed)).toMatchObject({ allowed: false })
  expect(decideCors(raw('GET', { origin: GOOD }), unparsed)).toMatchObject({ allowed: false })
  expect(decide('GET', {}, unparsed).headers).toEqual({})
  const mixed = corsPolicy([...list, GOOD])
  expect(decide('GET', { origin: GOOD }, mixed)).toMatchObject({ allowed: true })
})

test('shared headers cannot be changed', () => {
  const none = decide('GET', {})
  for (const decision of [none, decide('GET', { origin: GOOD }), preflight(GOOD), preflight('x')]) {
    expect(() => Object.assign(decision.headers, { vary: '*' })).toThrow(TypeError)
    expect(() => Object.assign(decision, { allowed: true })).toThrow(TypeError)
  }
})

describe('any bytes', () => {
  const listed = fc.constantFrom(GOOD, LOCAL, UNICODE)
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...NOT_GOOD),
    listed,
    fc.tuple(listed, fc.string({ unit: 'binary', maxLength: 4 })).map((parts) => parts.join('')),
  )
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'OPTIONS'), fc.string({ maxLength: 8 }))
  const fields = fc.record(
    {
      origin: anything,
      'access-control-request-method': anything,
      'access-control-request-headers': anything,
      'access-control-request-private-network': fc.oneof(fc.constant('true'), anything),
      'access-control-request-local-network': fc.oneof(fc.constant('true'), anything),
    },
    { requiredKeys: [] },
  )
  const list = fc.array(fc.oneof(listed, anything), { maxLength: 4 })
  const FIXED = new Map(
    Object.entries({ ...ACTUAL, ...PREFLIGHT }).filter(([name]) => !/origin|vary/.test(name)),
  )
  FIXED.set('access-control-allow-private-network', 'true')
  FIXED.set('access-control-allow-local-network', 'true')

  test('an origin is allowed only if it stands in the list, and nothing else of it comes back', () => {
    fc.assert(
      fc.property(method, fields, list, (method, fields, list) => {
        const decision = decideCors(raw(method, fields), corsPolicy(list))
        const { origin } = fields
        const named = decision.headers['access-control-allow-origin']
        if (named !== undefined) {
          expect(named).toBe(origin)
          expect(list).toContain(origin)
        }
        expect(decision.kind !== 'none' && decision.allowed).toBe(named !== undefined)
        if (origin === GOOD && list.includes(GOOD)) expect(named).toBe(GOOD)
        for (const [name, value] of Object.entries(decision.headers)) {
          expect(`${name}${value}`).toMatch(/^[ -~]+$/)
          if (name === 'access-control-allow-origin') continue
          if (name === 'vary') expect(['Origin', PREFLIGHT_VARY]).toContain(value)
          else expect([name, value]).toEqual([name, FIXED.get(name)])
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test('credentials are never allowed, and Vary is always there when anybody is', () => {
    fc.assert(
      fc.property(method, fields, (method, fields) => {
        const { headers } = decideCors(raw(method, fields), policy)
        expect(headers).not.toHaveProperty('access-control-allow-credentials')
        expect(headers['vary']).toMatch(/^Origin/)
        expect([...new Headers(headers)]).toHaveLength(Object.keys(headers).length)
      }),
      { numRuns: 2_000 },
    )
  })
})
