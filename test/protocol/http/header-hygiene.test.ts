import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import {
  cleanRequestHeaders,
  cleanResponseHeaders,
  isHeaderFault,
} from '../../../protocol/http/header-hygiene.ts'
import type { HeaderList } from '../../../protocol/http/header-hygiene.ts'
import { LIMITS } from '../../../protocol/limits.ts'

const NAMES = [
  'Accept',
  'Authorization',
  'Connection',
  'connection',
  'Content-Length',
  'Cookie',
  'Host',
  'Set-Cookie',
  'Transfer-Encoding',
  'Upgrade',
  'TE',
  'Keep-Alive',
  'Proxy-Authorization',
  'Forwarded',
  'X-Forwarded-For',
  'x-forwarded-host',
  'X_Forwarded_For',
  'CF-Connecting-IP',
  'X-Spl-Via',
  'X-Request-Id',
  'X-A',
  'x-a',
  'X-B',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
  'a_b',
  'bad name',
  ':path',
]
const VALUES = [
  '1',
  '',
  'close',
  'X-A',
  'x-b, Keep-Alive',
  'Upgrade',
  'a\r\nb',
  ' x',
  'caf\u00e9',
  '\u20ac',
  '5',
]
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...NAMES) },
  fc.string({ maxLength: 5 }),
)
const value = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...VALUES) },
  fc.string({ maxLength: 5 }),
)
const hostile: fc.Arbitrary<HeaderList> = fc.array(fc.tuple(name, value), { maxLength: 8 })
const goodNames = NAMES.filter(
  (name) => /^[A-Za-z-]+$/.test(name) && !/^(host|content-l|auth)/i.test(name),
)
const good: fc.Arbitrary<HeaderList> = fc.array(
  fc.tuple(
    fc.constantFrom(...goodNames),
    fc.constantFrom('1', 'close', 'X-A', 'x-b, Accept', 'Upgrade'),
  ),
  { maxLength: 12 },
)
const lists = fc.oneof(hostile, good)
const options = fc.record({ upgrade: fc.boolean() })

function codeOf(result: ReturnType<typeof cleanRequestHeaders>): string | undefined {
  return isHeaderFault(result) ? result.code : undefined
}

function connectionNames(list: HeaderList): Set<string> {
  const connection = list.filter(([name]) => name.toLowerCase() === 'connection')
  return new Set(connection.flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/)))
}

describe.each([
  ['request', cleanRequestHeaders],
  ['response', cleanResponseHeaders],
])('%s', (_side, clean) => {
  test('cleaning twice is cleaning once', () => {
    fc.assert(
      fc.property(lists, options, (list, options) => {
        const once = clean(list, options)
        fc.pre(!isHeaderFault(once))
        expect(clean(once as HeaderList, options)).toEqual(once)
      }),
      { numRuns: 1_000 },
    )
  })

  test('what passes is a part of the list, in its order, unchanged', () => {
    fc.assert(
      fc.property(lists, options, (list, options) => {
        const result = clean(list, options)
        if (isHeaderFault(result)) return
        let at = -1
        for (const field of result) {
          at = list.indexOf(field, at + 1)
          expect(at).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('no name of Connection, no underscore, no hop-by-hop field, no line end ever passes', () => {
    fc.assert(
      fc.property(lists, options, (list, options) => {
        const result = clean(list, options)
        if (isHeaderFault(result)) return
        const named = connectionNames(list)
        for (const [name, value] of result) {
          expect(named).not.toContain(name.toLowerCase())
          expect(name).not.toContain('_')
          expect(name).not.toMatch(
            /^(?:connection|upgrade|te|keep-alive|transfer-encoding|proxy-.*)$/i,
          )
          expect(value).not.toMatch(/[\r\n\0]/)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('one field beyond the limit is refused, and so is one byte', () => {
    const many: HeaderList = Array.from({ length: LIMITS.headerFields }, (_, n) => [`x-${n}`, ''])
    expect(clean(many)).toEqual(many)
    expect(clean([...many, ['x-last', '']])).toMatchObject({
      code: 'HEADERS_TOO_LARGE',
      header: 'x-last',
    })
    // Colon, space and line end count four bytes beside name and value.
    const fitting: HeaderList = [['x-big', 'v'.repeat(LIMITS.headBytes - 'x-big'.length - 4)]]
    expect(clean(fitting)).toEqual(fitting)
    const over: HeaderList = fitting.map(([name, value]) => [name, `${value}v`])
    expect(clean(over)).toMatchObject({ code: 'HEADERS_TOO_LARGE', header: 'x-big' })
  })

  test('a fault can be printed, for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const result = clean([[name, '\0']])
        if (!isHeaderFault(result)) throw new Error('accepted a NUL')
        expect(result.header).toMatch(/^[!-~]{0,64}$/)
        expect(result.message).toMatch(/^[ -~]{1,160}$/)
      }),
    )
  })

  // No clock: what looks at each character once needs a second for all of it, what looks back needs minutes.
  test('a hostile list takes no time', () => {
    const blanks = `a${' '.repeat(60_000)}`
    const commas = `a${' ,'.repeat(30_000)}a`
    const lists = [
      [blanks, 'INVALID_HEADERS', 'INVALID_HEADERS'],
      [`${blanks}b`, 'INVALID_HEADERS', undefined],
      [`${blanks}\u0100`, 'INVALID_HEADERS', 'INVALID_HEADERS'],
      [commas, undefined, undefined],
      [`${blanks},${'\t'.repeat(5_000)}b`, undefined, undefined],
    ] as const
    for (let round = 0; round < 100; round += 1) {
      for (const [value, asConnection, asOther] of lists) {
        expect(codeOf(clean([['Connection', value]]))).toBe(asConnection)
        expect(codeOf(clean([['X-A', value]]))).toBe(asOther)
      }
    }
  })
})

test('nothing that only the gateway may say passes from a client', () => {
  fc.assert(
    fc.property(lists, options, (list, options) => {
      const result = cleanRequestHeaders(list, options)
      fc.pre(!isHeaderFault(result))
      const names = (result as HeaderList).map(([name]) => name.toLowerCase())
      expect(names.join('\n')).not.toMatch(
        /^(?:forwarded|x-forwarded-.*|x-request-id|x-spl-.*|cf-.*)$/m,
      )
    }),
    { numRuns: 1_000 },
  )
})

test("no client header passes under a name of the gateway's own", () => {
  for (const name of Object.values(GATEWAY_HEADERS)) {
    expect(cleanRequestHeaders([[name, 'x']])).toEqual([])
    expect(cleanRequestHeaders([[name.toUpperCase(), 'x']])).toEqual([])
  }
})
