import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { send, type Answer, type Fields } from '../../support/clients/send.ts'
import { until } from '../../support/until.ts'

const PAGE = 'https://app.example.com'
const APPS = [
  'chrome-extension://cjpalhdlnbpafiamejdnhcphjbkeiagm',
  'moz-extension://2f7c2b1a-7f0e-4c58-9a41-1c7b9f3a0e11',
  'safari-web-extension://E7EA7CDB-92E2-4B0D-8A3F-0C9E6A1B2C3D',
  'tauri://localhost',
  'capacitor://localhost',
  'ionic://localhost',
  'app://obsidian.md',
  'vscode-webview://0b2fl5c4hrm9ajk7',
]
/** What comes near one that is allowed, and is another. */
const NEAR = [
  'chrome-extension://cjpalhdlnbpafiamejdnhcphjbkeiagn',
  'safari-web-extension://e7ea7cdb-92e2-4b0d-8a3f-0c9e6a1b2c3d',
  'Tauri://localhost',
  'tauri://localhost:80',
  'tauri://localhost/',
  'app://obsidian.md.evil.example',
  'null',
]

let home: RealHome
beforeAll(async () => {
  home = await aRealHome()
  await setOrigins([PAGE, ...APPS])
})
afterAll(() => home[Symbol.asyncDispose]())

async function setOrigins(value: readonly string[]): Promise<void> {
  const answer = await home.ask('/v1/config/auth_cors_origins', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  })
  if (answer.status !== 200) throw new Error(await answer.text())
  const { edge } = (await answer.json()) as { edge: { state: string } }
  if (edge.state !== 'applied') throw new Error('the gateway does not have it')
}

const WAYS = ['loopback', 'gateway'] as const
type Way = (typeof WAYS)[number]
const port = (way: Way) =>
  way === 'gateway' ? home.gateway.port : home.daemon().addresses.tcp.port

const bearer = () => ['authorization', `Bearer ${home.bearer}`] as const
const get = (way: Way, path: string, headers: Fields): Promise<Answer> =>
  send(port(way), { path, headers: [bearer(), ...headers] })
const preflight = (way: Way, path: string, origin: string): Promise<Answer> =>
  send(port(way), {
    method: 'OPTIONS',
    path,
    headers: [
      ['origin', origin],
      ['access-control-request-method', 'GET'],
      ['access-control-request-headers', 'authorization'],
    ],
  })
const allowed = (answer: Answer) => answer.header('access-control-allow-origin')

describe.for(WAYS)('by the %s', (way) => {
  test.for(APPS)('a page of %s may call once it is allowed', async (origin) => {
    const asked = await preflight(way, '/v1/threads', origin)
    expect([asked.status, allowed(asked)]).toEqual([204, origin])
    const answer = await get(way, '/v1/threads', [['origin', origin]])
    expect([answer.status, allowed(answer)]).toEqual([200, origin])
  })

  test.for(NEAR)('a page of %s may not', async (origin) => {
    const asked = await preflight(way, '/v1/threads', origin)
    expect([asked.status, allowed(asked)]).toEqual([403, undefined])
    expect(allowed(await get(way, '/v1/threads', [['origin', origin]]))).toBeUndefined()
  })

  test.for([
    ['with what browsers leave as it is', "/v1/threads?x[]=1&y={a|b}^`\\'"],
    ['with a percent sign alone', '/v1/threads?x=100%'],
    ['with two slashes', '//v1/threads'],
    ['with a dot segment', '/v1/../v1/threads'],
    ['that is too long', `/v1/threads?x=${'x'.repeat(16 * 1024)}`],
  ] as const)(
    'a preflight of a target %s is answered, and what is wrong with it can be read',
    async ([, path]) => {
      const asked = await preflight(way, path, PAGE)
      expect([asked.status, allowed(asked)]).toEqual([204, PAGE])
      const answer = await get(way, path, [['origin', PAGE]])
      expect([answer.status, allowed(answer)]).toEqual([400, PAGE])
      expect(answer.json()['code']).toMatch(/^INVALID_(?:TARGET|REQUEST)$/)
    },
  )

  test('a preflight of a page that is not allowed is refused, for every target', async () => {
    for (const path of ['/v1/threads?x=100%', '//v1/threads']) {
      expect((await preflight(way, path, 'https://evil.example')).status).toBe(403)
    }
  })

  test.for(['[]', '{}', '|', '^', "'", '`', '\\', "a'[b]{c}|d^e"])(
    'a query may hold %s as browsers send it, and says the same as encoded',
    async (text) => {
      for (const sent of [text, encodeURIComponent(text).replaceAll("'", '%27')]) {
        const answer = await get(way, `/v1/records?actor=did:sync:user:${sent}`, [])
        expect([sent, answer.status]).toEqual([sent, 200])
        const refused = await get(way, `/v1/threads?cursor=${sent}`, [])
        expect([sent, refused.json()['code']]).toEqual([sent, 'INVALID_CURSOR'])
      }
    },
  )

  test('headers that clients add are allowed, and those of answers can be read', async () => {
    const { header } = await preflight(way, '/v1/threads', PAGE)
    const names = (header('access-control-allow-headers') ?? '').split(', ')
    for (const name of [
      'authorization content-type last-event-id idempotency-key x-syncropel-actor',
      'accept cache-control pragma if-none-match if-modified-since x-requested-with',
      'x-request-id traceparent tracestate baggage sentry-trace',
    ].flatMap((line) => line.split(' '))) {
      expect(names).toContain(name)
    }
    const answer = await get(way, '/v1/threads', [['origin', PAGE]])
    const exposed = (answer.header('access-control-expose-headers') ?? '').split(', ')
    for (const name of ['allow', 'retry-after', 'x-request-id', 'www-authenticate', 'location']) {
      expect(exposed).toContain(name)
    }
  })
})

test.for([1, 1.9])(
  'a head of %d limits is refused on loopback so that its page can read it',
  async (times) => {
    const long = ['x-long', 'x'.repeat(Math.floor(HTTP_LIMITS.headBytes * times))] as const
    const answer = await get('loopback', '/v1/threads', [['origin', PAGE], long])
    expect([answer.status, allowed(answer)]).toEqual([431, PAGE])
    expect(answer.json()).toMatchObject({ code: 'HEADERS_TOO_LARGE', hop: 'daemon' })
    await until(
      'the daemon answers',
      async () => (await get('loopback', '/health', [])).status === 200,
    )
  },
)
