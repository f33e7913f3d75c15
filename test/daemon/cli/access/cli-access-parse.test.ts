import { encode } from 'uqr'
import { describe, expect, test, vi } from 'vitest'
import { gatewayText } from '../../../../local-daemon/cli/output/gateway-text.ts'
import { closest } from '../../../../protocol/http/closest.ts'
import { defaultScopes } from '../../../../local-daemon/cli/pair/default-scopes.ts'
import { pairLink } from '../../../../local-daemon/cli/pair/pair-payload.ts'
import { parsePage } from '../../../../local-daemon/cli/parse/page.ts'
import { qrCode } from '../../../../local-daemon/cli/pair/qr-code.ts'
import { parseDuration } from '../../../../local-daemon/cli/parse/duration.ts'
import { parseList } from '../../../../local-daemon/cli/parse/list.ts'
import { parseOrigin } from '../../../../local-daemon/cli/parse/origin.ts'
import { parseScopes } from '../../../../local-daemon/cli/parse/scopes.ts'
import { parseTokenId } from '../../../../local-daemon/cli/parse/token-id.ts'
import { parseSettingKey, parseSettingValue } from '../../../../local-daemon/cli/parse/setting.ts'
import { SETTING_KINDS, type SettingKey } from '../../../../local-daemon/cli/parse/setting-kinds.ts'
import { localMs, localTime, shortTime } from '../../../../local-daemon/cli/output/local-time.ts'
import { plain } from '../../../support/cli/plain.ts'

describe('a time span', () => {
  test.for([
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['999999d', 86_399_913_600],
  ] as const)('%s is %i seconds', ([text, seconds]) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  test.for(['', '0s', '015m', '15', 'm', '1.5h', '-1h', '15 m', '15M', '1w', '1h30m', '1000000s'])(
    '%j is not one',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/90s, 15m, 12h or 30d/)
    },
  )
})

describe('a list', () => {
  test.for([
    ['', []],
    [' , ', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a b', ['a', 'b']],
    [' a, b\tc,,', ['a', 'b', 'c']],
  ] as const)('%j', ([text, items]) => {
    expect(parseList(text)).toEqual(items)
  })
})

describe('scopes', () => {
  test('come once each', () => {
    expect(parseScopes('admin,records:read,admin')).toEqual(['admin', 'records:read'])
  })
  test.for(['', 'record:read', 'records:read,root', 'ADMIN', '__proto__'])(
    '%j are none',
    (text) => {
      expect(() => parseScopes(text)).toThrow(/records:read, records:write/)
    },
  )
})

describe('an origin', () => {
  test.for([
    ['https://spl.example.com', 'https://spl.example.com'],
    ['https://spl.example.com/', 'https://spl.example.com'],
    ['HTTPS://SPL.example.com:443', 'https://spl.example.com'],
    ['http://127.0.0.1:9100', 'http://127.0.0.1:9100'],
    ['http://[::1]:9100', 'http://[::1]:9100'],
  ] as const)('%s is %s', ([text, origin]) => {
    expect(parseOrigin(text).origin).toBe(origin)
  })
  test.for([
    '',
    'spl.example.com',
    'ftp://spl.example.com',
    'https://spl.example.com/path',
    'https://spl.example.com?q',
    'https://spl.example.com/#',
    'https://user@spl.example.com',
    'https://u:p@spl.example.com',
    'javascript:alert(1)',
  ])('%j is not one', (text) => {
    expect(() => parseOrigin(text)).toThrow(/https:\/\/spl.example.com/)
  })
})

describe('a page', () => {
  test('may have a path and a query', () => {
    expect(parsePage('https://a.example/pair?x=1')).toBe('https://a.example/pair?x=1')
  })
  test.for([
    '',
    'pair',
    'https://a.example/#x',
    'https://a.example/#',
    'file:///x',
    'https://u@a/',
  ])('%j is not one', (text) => {
    expect(() => parsePage(text)).toThrow(/syncropel.com\/pair/)
  })
})

describe('the id of a token', () => {
  test('is 8 to 64 hex digits', () => {
    expect(parseTokenId('0123abcd')).toBe('0123abcd')
    expect(parseTokenId('f'.repeat(64))).toHaveLength(64)
  })
  test.for(['0123abc', 'f'.repeat(65), '0123ABCD', '0123abcg', 'spl_prod_sa_x'])(
    '%s is not one',
    (text) => {
      expect(() => parseTokenId(text)).toThrow(/8 to 64 hex digits/)
    },
  )
})

describe('a setting', () => {
  test.for(Object.keys(SETTING_KINDS))('%s is known', (key) => {
    expect(parseSettingKey(key)).toBe(key)
  })

  test.for([
    ['strict_actor_headr', 'did you mean strict_actor_header?'],
    ['auth-cors-origins', 'did you mean auth_cors_origins?'],
    ['token_burts', 'did you mean token_burst?'],
    ['colour', 'one of auth_required, strict_actor_header'],
    ['__proto__', 'one of auth_required'],
  ] as const)('%s is not: %s', ([key, next]) => {
    expect(() => parseSettingKey(key)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SETTING', try: expect.stringContaining(next) }),
    )
  })

  test.for([
    ['auth_required', ['true'], true],
    ['auth_required', ['off'], false],
    ['token_burst', ['0'], 0],
    ['token_burst', ['999999999'], 999_999_999],
    ['trusted_proxies', ['10.0.0.2,10.0.0.3', '::1'], ['10.0.0.2', '10.0.0.3', '::1']],
    ['auth_cors_origins', [''], []],
  ] as const)('%s takes %j', ([key, words, value]) => {
    expect(parseSettingValue(key, words)).toEqual(value)
  })

  test.for([
    ['auth_required', ['yes']],
    ['auth_required', ['']],
    ['auth_required', ['true', 'true']],
    ['auth_required', ['__proto__']],
    ['token_burst', ['1e3']],
    ['token_burst', ['-1']],
    ['token_burst', ['1000000000']],
    ['token_burst', ['1', '2']],
  ] as const satisfies readonly (readonly [SettingKey, readonly string[]])[])(
    '%s does not take %j',
    ([key, words]) => {
      expect(() => parseSettingValue(key, words)).toThrow(
        expect.objectContaining({ code: 'INVALID_SETTING', exitCode: 2 }),
      )
    },
  )
})

test('the closest word is one that is at least half the same', () => {
  expect(closest('brust', ['burst', 'rest'])).toBe('burst')
  expect(closest('xyz', ['burst', 'rest'])).toBeUndefined()
  expect(closest('', ['burst'])).toBeUndefined()
})

test.for([
  ['Asia/Tokyo', '2026-11-24 23:18', '2026-11-24 23:18:03 +09:00', '2026-11-24 23:18:03.120'],
  ['America/St_Johns', '2026-11-24 10:48', '2026-11-24 10:48:03 -03:30', '2026-11-24 10:48:03.120'],
  ['UTC', '2026-11-24 14:18', '2026-11-24 14:18:03 +00:00', '2026-11-24 14:18:03.120'],
])('a time is that of the clock on the wall: %s', ([zone, short, whole, ms]) => {
  vi.stubEnv('TZ', zone)
  try {
    const seconds = 1_795_529_883
    expect(shortTime(seconds)).toBe(short)
    expect(localTime(seconds)).toBe(whole)
    expect(localMs(seconds * 1000 + 120)).toBe(ms)
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      expect([shortTime(none), localTime(none), localMs(none)]).toEqual(['-', '-', '-'])
    }
    expect(shortTime(null)).toBe('-')
  } finally {
    vi.unstubAllEnvs()
  }
})

test.for([
  ['applied', 'applied'],
  ['pending', 'pending, not connected'],
  ['none', undefined],
] as const)('an edge that is %s says %s', ([state, text]) => {
  expect(gatewayText({ state, version: 7 })).toBe(text)
})

describe('a pairing', () => {
  test.for([
    ['browser-desk', ['admin']],
    ['viewer-hall', ['records:read']],
    ['emitter-1', ['records:read', 'records:write']],
    ['phone', ['records:read', 'records:write']],
    ['my-browser-desk', ['records:read', 'records:write']],
    ['browser', ['records:read', 'records:write']],
  ] as const)('%s gets %j', ([device, scopes]) => {
    expect(defaultScopes(device)).toEqual(scopes)
  })

  test('is base64url of its JSON, behind the # of the page', () => {
    const payload = { url: 'https://a.example', token: 'spl_x', device: 'Küche ☕' }
    const link = pairLink('https://syncropel.com/pair', payload)
    expect(link).toBe(
      'https://syncropel.com/pair#eyJ1cmwiOiJodHRwczovL2EuZXhhbXBsZSIsInRva2VuIjoic3BsX3giLCJkZXZpY2UiOiJLw7xjaGUg4piVIn0',
    )
    const json = Buffer.from(new URL(link).hash.slice(1), 'base64url').toString()
    expect(json).toBe(JSON.stringify(payload))
  })
})

describe('the QR code', () => {
  /** The modules that a drawing shows: a block is light, a space is dark. */
  function modulesOf(drawn: string): boolean[][] {
    const halves = {
      ' ': [true, true],
      '▀': [false, true],
      '▄': [true, false],
      '█': [false, false],
    }
    return drawn.split('\n').flatMap((line) => {
      const pairs = [...line].map((character) => halves[character as keyof typeof halves])
      return [0, 1].map((half) => pairs.map((pair) => pair[half] === true))
    })
  }

  test('draws every module of the text, with four light ones around, in 80 columns', () => {
    const link = `https://syncropel.com/pair#${'x'.repeat(310)}`
    const { drawn, columns } = qrCode(link) ?? { drawn: '', columns: 0 }
    const expected = encode(link, { border: 4 }).data
    expect(modulesOf(plain(drawn)).slice(0, expected.length)).toEqual(expected)
    expect(expected.slice(0, 4).flat()).not.toContain(true)
    expect(columns).toBe(expected.length)
    expect(columns).toBeLessThanOrEqual(80)
  })

  test('takes at most 2953 bytes', () => {
    expect(qrCode('x'.repeat(2953))).toBeDefined()
    expect(qrCode('x'.repeat(2954))).toBeUndefined()
    expect(qrCode('ü'.repeat(1477))).toBeUndefined()
  })
})
