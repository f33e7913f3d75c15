import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { LIMITS } from '../../../protocol/limits.ts'
import { OriginError, parseOriginList } from '../../../protocol/http/origin.ts'

function faultOf(text: string | readonly string[]): OriginError {
  try {
    parseOriginList(text)
  } catch (error) {
    if (error instanceof OriginError) return error
    throw error
  }
  throw new Error(`Accepted ${JSON.stringify(text)}`)
}

/** Undefined for what is refused. Anything else that is thrown fails the property. */
function parsed(text: string | readonly string[]): readonly string[] | undefined {
  try {
    return parseOriginList(text)
  } catch (error) {
    if (error instanceof OriginError) return undefined
    throw error
  }
}

const PIECES = [
  ...'http https HTTPS ftp :// :/ : / // \\ @ ? # % %2e %00 * . .. , ; & = _ - + 0 1 9 80 443'.split(
    ' ',
  ),
  ...'99999 a A z com example xn-- xn--bcher-kva localhost null 127.0.0.1 0x7f [ ] [::1] ::'.split(
    ' ',
  ),
  ...' \t\r\n\u0000\u007f\u0085\u00a0\u00ad\u00e9\u00df\u200b\u200d\u202e\u2028\u3002\uff0e\uff0f\uff1a\uff20\ud800\ufffd',
]
const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 3 }))
const wild = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
const label = fc
  .array(fc.constantFrom(...'abzABZ019-_\u00fc\u00df\u0430'), { minLength: 1, maxLength: 6 })
  .map((letters) => letters.join(''))
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
)
const port = fc.oneof(
  fc.constantFrom('', ':80', ':443', ':0', ':65535', ':65536'),
  fc.nat(70_000).map((port) => `:${port}`),
)
const close = fc
  .tuple(
    fc.constantFrom('http://', 'https://', 'HTTPS://', 'app://', 'Chrome-Extension://'),
    host,
    port,
    fc.constantFrom('', '/'),
  )
  .map((parts) => parts.join(''))
const entry = fc.oneof(
  { weight: 3, arbitrary: close },
  wild,
  fc.tuple(close, wild).map(([origin, tail]) => origin + tail),
  fc.tuple(wild, close).map(([front, origin]) => front + origin),
)

/** Of an extension or an app nothing is folded but the scheme. */
function asWritten(entry: string): string {
  return entry.replace(/^[^:]+/, (scheme) => scheme.toLowerCase()).replace(/\/$/, '')
}

describe('for any entries', () => {
  test('what is accepted is what a URL parser calls their origins, or what an app has written, each once', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (entries) => {
        const origins = parsed(entries)
        if (origins === undefined) return
        const expected = entries.map((entry) =>
          /^https?:/i.test(entry) ? new URL(entry).origin : asWritten(entry),
        )
        accepted += 1
        expect(origins).toEqual([...new Set(expected)])
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  test('parsing what was parsed changes nothing, as a list and as a text', () => {
    fc.assert(
      fc.property(fc.oneof(entry, fc.array(entry, { maxLength: 3 })), (input) => {
        const origins = parsed(input)
        if (origins === undefined) return
        expect(parseOriginList(origins)).toEqual(origins)
        expect(parseOriginList(origins.join(','))).toEqual(origins)
        expect(parseOriginList(origins.join(' '))).toEqual(origins)
      }),
      { numRuns: 3_000 },
    )
  })

  test('nothing is accepted that holds a control character, and what comes out is plain', () => {
    fc.assert(
      fc.property(entry, (entry) => {
        const origins = parsed([entry])
        if (origins === undefined) return
        expect(entry).not.toMatch(/\p{Cc}|\p{Cf}|\s/u)
        for (const origin of origins) {
          expect(origin).toMatch(
            /^[a-z][a-z0-9+.-]*:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]*)?$/,
          )
          expect(origin.length).toBeLessThanOrEqual(LIMITS.originCharacters)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test('a fault has its code and can be printed', () => {
    fc.assert(
      fc.property(fc.oneof(wild, fc.string({ unit: 'binary', maxLength: 400 })), (entry) => {
        if (parsed([entry]) !== undefined) return
        const fault = faultOf([entry])
        expect(fault.code).toBe('INVALID_SETTING')
        expect(fault.entry).toMatch(/^[!-~]{0,67}$/)
        expect(fault.message).toMatch(/^Origin "[!-~]{0,67}" [ -~]{1,100}$/)
        expect(fault.try).toMatch(/^[ -~]{10,320}$/)
      }),
      { numRuns: 2_000 },
    )
  })
})

test('a text is split at commas and blanks, an entry of a list is not', () => {
  const both = ['https://a.example', 'https://b.example']
  for (const text of [both.join(','), both.join(' '), both.join('\t'), `, ${both.join(' ,, ')} ,`])
    expect(parseOriginList(text)).toEqual(both)
  for (const entry of [both.join(','), both.join(' '), ' https://a.example', ''])
    expect(faultOf([entry])).toBeInstanceOf(OriginError)
})

test('an empty list is valid and allows no address', () => {
  for (const nothing of ['', ' ', ',', [], ' , \t ,,']) expect(parseOriginList(nothing)).toEqual([])
})

test('the first bad entry is named, with the reason and what to write instead', () => {
  const rows: readonly (readonly [entry: string, reason: string, next: string])[] = [
    ['*', 'is a pattern', 'List each origin'],
    ['https://*.example.com', 'is a pattern', 'List each origin'],
    ['null', 'sandboxed frames', 'over HTTP'],
    ['localhost:3000', 'a scheme, such as https://', 'https://app.example.com'],
    ['ws://a.example', 'has a scheme (ws)', 'https://app.example.com'],
    ['file:///home', 'has a scheme (file)', 'https://app.example.com'],
    ['app://', 'has no host', 'https://app.example.com'],
    ['app://host/index.html', 'path, query or fragment', 'Write app://host'],
    ['moz-extension://*', 'is a pattern', 'List each origin'],
    ['https://', 'has no host', 'https://app.example.com'],
    ['https://a.example/app/', 'path, query or fragment', 'Write https://a.example'],
    ['http://A.example:80?x', 'path, query or fragment', 'Write http://a.example'],
    ['https://a.example#', 'path, query or fragment', 'Write https://a.example'],
    ['https://good.com:80@evil.com', 'has a user name', 'nothing else'],
    ['https://good.com\\@evil.com', 'has a user name', 'nothing else'],
    ['https://a.example\\', 'backslash', 'nothing else'],
    ['https://%61.example', 'backslash or %', 'nothing else'],
    ['https://a.example.', 'a dot after its host', 'without that dot'],
    ['https://a.example:0', 'no such port', 'from 1 to 65535'],
    ['https://a.example:99999', 'no such port', 'from 1 to 65535'],
    ['https://a.example:', 'no such port', 'from 1 to 65535'],
    ['http://127.1', 'unusual form', 'Write http://127.0.0.1'],
    ['http://2130706433:8080', 'unusual form', 'Write http://127.0.0.1:8080'],
    ['http://[fe80::1%eth0]', 'backslash or %', 'nothing else'],
    ['http://::1', 'has no host', 'nothing else'],
    ['https://a..example', 'has a host that no name is', 'nothing else'],
    ['https://a\u007fb.example', 'invisible', 'nothing else'],
    ['https://a.example\r\nx: y', 'invisible', 'nothing else'],
  ]
  for (const [entry, reason, next] of rows) {
    const fault = faultOf(['https://fine.example', entry, '*'])
    expect([entry, fault.message]).toEqual([entry, expect.stringContaining(reason)])
    expect([entry, fault.try]).toEqual([entry, expect.stringContaining(next)])
    expect(fault.entry).toBe(entry.replaceAll(/[^!-~]/g, '?'))
  }
})

test('the last of the origins allowed passes, and the next does not; repeats do not count', () => {
  const full = Array.from({ length: LIMITS.corsOrigins }, (_, n) => `https://app-${n}.example`)
  expect(parseOriginList(full)).toEqual(full)
  expect(parseOriginList(full.join(','))).toEqual(full)
  expect(parseOriginList([...full, ...full.map((origin) => `${origin}:443/`)])).toEqual(full)
  const fault = faultOf([...full, 'https://last.example'])
  expect(fault).toMatchObject({ code: 'INVALID_SETTING', entry: 'https://last.example' })
  expect(fault.message).toContain(`beyond the ${LIMITS.corsOrigins} origins`)
  const many = Array.from({ length: 100_000 }, (_, n) => `https://app-${n}.example`)
  expect(faultOf(many.join(',')).entry).toBe(`https://app-${LIMITS.corsOrigins}.example`)
})

test('the longest origin passes and one character more does not, also when punycode adds it', () => {
  const longest = `https://${'a'.repeat(LIMITS.originCharacters - 'https://'.length)}`
  expect(parseOriginList([longest])).toEqual([longest])
  const fault = faultOf([`${longest}a`])
  expect(fault.message).toContain(`longer than ${LIMITS.originCharacters} characters`)
  expect(fault.entry).toHaveLength(64 + 3)
  expect(faultOf('a'.repeat(1_000_000)).message.length).toBeLessThan(140)
  const grows = `https://${Array(25).fill('b\u00fccher').join('.')}`
  expect(grows.length).toBeLessThan(LIMITS.originCharacters)
  expect(faultOf([grows]).message).toContain(`longer than ${LIMITS.originCharacters} characters`)
})
