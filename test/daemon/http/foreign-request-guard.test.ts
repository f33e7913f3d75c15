import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { connectionFacts } from '../../../local-daemon/http/connection/connection-facts.ts'
import {
  aDaemon,
  aDraft,
  overSocket,
  sendRaw,
  type TestDaemon,
} from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'

type Json = Record<string, unknown>

interface Sent {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Json
}

/** With a Host of one's own, which `fetch` does not allow. */
function send(
  at: TestDaemon,
  path: string,
  headers: Record<string, string | string[]>,
  { method = 'GET', body = '' } = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const { port } = at.daemon.addresses.tcp
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('end', () => {
        const parsed = text.startsWith('{') ? (JSON.parse(text) as Json) : {}
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function set(at: TestDaemon, key: string, value: unknown): Promise<void> {
  expect((await at.post(`/v1/config/${key}`, { value })).status).toBe(200)
}

const PAGE = 'https://app.example.com'
const tea = JSON.stringify(aDraft({ clock: 0 }))

describe('a page of another origin', () => {
  it.each<[string, Record<string, string>]>([
    ['by its Origin', { origin: 'https://evil.example' }],
    ['by the origin null', { origin: 'null' }],
    ['of another port here', { origin: 'http://localhost:3000' }],
    ['by Sec-Fetch-Site alone', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['of the same site', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('%s reaches nothing that is not open, even with a bearer', async (_how, headers) => {
    await using at = await aDaemon()
    const authorization = `Bearer ${at.bearer}`
    const json = { 'content-type': 'application/json' }
    for (const [path, init] of [
      ['/v1/threads', {}],
      ['/v1/records', { method: 'POST', body: tea }],
      ['/v1/invites/redeem', { method: 'POST', body: '{}' }],
    ] as const) {
      const answer = await send(at, path, { ...headers, ...json, authorization }, init)
      expect([path, answer.status, answer.body['code']]).toEqual([path, 403, 'ORIGIN_NOT_ALLOWED'])
    }
    expect(at.daemon.store.thread('th_test')).toBeUndefined()
    expect((await send(at, '/health', headers)).status).toBe(200)
  })

  it('that is followed by a link, or is this daemon’s own, is let through', async () => {
    await using at = await aDaemon()
    const { port } = at.daemon.addresses.tcp
    const authorization = `Bearer ${at.bearer}`
    for (const headers of [
      {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
      { host: `localhost:${port}`, origin: `http://localhost:${port}` },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ] as Record<string, string>[]) {
      expect((await send(at, '/v1/threads', { ...headers, authorization })).status).toBe(200)
    }
  })

  it('cannot write with a request that needs no preflight, even where no bearer is asked for', async () => {
    await using at = await aDaemon({ insecureLocalhost: true })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      const answer = await send(at, '/v1/records', headers, { method: 'POST', body: tea })
      expect([type, answer.status]).toEqual([type, 415])
    }
  })
})

describe('CORS at home', () => {
  const preflight = (at: TestDaemon, origin: string, more: Record<string, string> = {}) =>
    send(
      at,
      '/v1/records',
      {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
        ...more,
      },
      { method: 'OPTIONS' },
    )

  it('gives an allowed origin its leave before any bearer is asked for, from the next request on', async () => {
    await using at = await aDaemon()
    expect((await preflight(at, PAGE)).status).toBe(403)
    await set(at, 'auth_cors_origins', [PAGE])
    const { status, headers } = await preflight(at, PAGE)
    expect(status).toBe(204)
    expect(headers['access-control-allow-origin']).toBe(PAGE)
    expect(headers['access-control-allow-headers']).toContain('authorization')
    expect(headers['access-control-allow-credentials']).toBeUndefined()
    expect(headers['access-control-allow-private-network']).toBeUndefined()
    const asked = { 'access-control-request-private-network': 'true' }
    expect((await preflight(at, PAGE, asked)).headers['access-control-allow-private-network']).toBe(
      'true',
    )
    await set(at, 'auth_cors_origins', [])
    expect((await preflight(at, PAGE)).status).toBe(403)
  })

  it('makes every answer readable to that page, errors too, and to no other', async () => {
    await using at = await aDaemon()
    await set(at, 'auth_cors_origins', [PAGE])
    const authorization = `Bearer ${at.bearer}`
    for (const [path, headers, status] of [
      ['/v1/threads', { authorization }, 200],
      ['/v1/threads', {}, 401],
      ['/nope', { authorization }, 404],
      ['/v1/records?limit=x', { authorization }, 400],
      ['/health', {}, 200],
    ] as const) {
      const allowed = await send(at, path, { ...headers, origin: PAGE })
      expect([path, allowed.status]).toEqual([path, status])
      expect(allowed.headers['access-control-allow-origin']).toBe(PAGE)
      expect(allowed.headers['access-control-expose-headers']).toContain('x-request-id')
      expect(allowed.headers['vary']).toBe('Origin')
      const without = await send(at, path, headers)
      expect(without.headers['access-control-allow-origin']).toBeUndefined()
      expect(without.headers['vary']).toBe('Origin')
    }
    const long = await send(at, `/health?${'x'.repeat(17_000)}`, { origin: PAGE })
    expect([long.status, long.headers['access-control-allow-origin']]).toEqual([400, PAGE])
    for (const origin of [`${PAGE}.evil.com`, `${PAGE}.`, PAGE.toUpperCase(), `${PAGE}:443`]) {
      const answer = await send(at, '/health', { origin })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
  })
})

describe('a request through a reverse proxy', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }

  it('needs its public name allowed', async () => {
    await using at = await aDaemon()
    const headers = { ...forwarded, host: 'spl.example.com', authorization: `Bearer ${at.bearer}` }
    const refused = await send(at, '/v1/threads', headers)
    expect([refused.status, refused.body['code']]).toEqual([421, 'HOST_NOT_ALLOWED'])
    await set(at, 'allowed_hosts', ['spl.example.com'])
    expect((await send(at, '/v1/threads', headers)).status).toBe(200)
    expect(
      (await send(at, '/v1/threads', { ...headers, host: 'spl.example.com.evil.com' })).status,
    ).toBe(421)
  })

  it('is let in by the very command that its refusal names, with the plainest configuration', async () => {
    await using at = await aDaemon()
    const authorization = `Bearer ${at.bearer}`
    const host = 'syncropel.your-domain.com'
    // What Caddy adds without being told.
    const caddy = { ...forwarded, host, 'x-forwarded-host': host, authorization }
    // What nginx sends with `proxy_set_header Host $host` and nothing about the version.
    const nginx =
      `GET /v1/threads HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n` +
      `X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nAuthorization: ${authorization}\r\n\r\n`
    const { port } = at.daemon.addresses.tcp
    const refused = await send(at, '/v1/threads', caddy)
    const [, name = ''] =
      /spl config set allowed_hosts (\S+) or /.exec(String(refused.body['try'])) ?? []
    expect(name).toBe(host)
    expect(await sendRaw(port, nginx)).toContain(`spl config set allowed_hosts ${host} or `)
    await set(at, 'allowed_hosts', [name])
    expect((await send(at, '/v1/threads', caddy)).status).toBe(200)
    expect(await sendRaw(port, nginx)).toMatch(/^HTTP\/1\.[01] 200 /)
    // Nobody is told which other names there are, and nothing odd gets into a command.
    const other = await send(at, '/v1/threads', { ...caddy, host: 'other.example.com' })
    expect(other.body['try']).toContain('allowed_hosts other.example.com (with the names')
    expect(JSON.stringify(other.body)).not.toContain(host)
    const odd = await send(at, '/v1/threads', { ...caddy, host: "a;$(id)'" })
    expect(JSON.stringify(odd.body)).not.toContain('$(id)')
  })

  it('has less trust than loopback, even if its headers say otherwise', async () => {
    await using at = await aDaemon({ insecureLocalhost: true })
    expect((await send(at, '/v1/threads', {})).status).toBe(200)
    for (const headers of [
      forwarded,
      { via: '1.1 proxy' },
      { forwarded: 'for=127.0.0.1' },
      { 'x-real-ip': '127.0.0.1' },
      { 'cf-connecting-ip': '127.0.0.1' },
    ] as Record<string, string>[]) {
      expect((await send(at, '/v1/threads', headers)).status).toBe(401)
    }
  })

  it('brings its client’s address only from a proxy that is trusted, read from the right', async () => {
    await using at = await aDaemon()
    const authorization = `Bearer ${at.bearer}`
    const seen = (chain: string) => {
      const { settings } = at.daemon.access
      const incoming = {
        headers: { host: 'localhost', 'x-forwarded-for': chain },
        socket: { remoteAddress: '127.0.0.1' },
      }
      const listener = { address: '127.0.0.1', exposure: 'loopback' } as const
      return connectionFacts(incoming as never, settings, listener).clientAddress
    }
    expect(seen('203.0.113.9')).toBeUndefined()
    await set(at, 'trusted_proxies', ['127.0.0.1', '10.0.0.0/8'])
    expect(seen('203.0.113.9')).toBe('203.0.113.9')
    expect(seen('1.2.3.4, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(seen('203.0.113.9, not-an-address')).toBeUndefined()
    expect(seen('10.0.0.1')).toBeUndefined()
    expect((await send(at, '/v1/identity', { ...forwarded, authorization })).body['via']).toBe(
      'proxy',
    )
  })
})

describe('headers', () => {
  it.each(['X_Syncropel_Actor', 'X_Forwarded_For', 'Content_Type'])(
    '%s, with an underscore, is refused',
    async (name) => {
      await using at = await aDaemon()
      const answer = await send(at, '/health', { [name]: 'x' })
      expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_HEADERS'])
    },
  )

  it('that claim an actor are refused when there are two, or none that is a DID', async () => {
    await using at = await aDaemon()
    const authorization = `Bearer ${at.bearer}`
    const { port } = at.daemon.addresses.tcp
    const twice = await sendRaw(
      port,
      `GET /v1/threads HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n` +
        'X-Syncropel-Actor: did:sync:user:ada\r\nX-Syncropel-Actor: did:sync:user:bob\r\nConnection: close\r\n\r\n',
    )
    expect(twice).toContain('INVALID_HEADERS')
    for (const actor of ['ada', 'did:', 'did:sync:user:a b', `did:sync:${'x'.repeat(300)}`]) {
      const answer = await send(at, '/v1/threads', { authorization, 'x-syncropel-actor': actor })
      expect([actor, answer.status]).toEqual([actor, 400])
    }
  })

  it('Proxy-Authorization and a bearer in the query count for nothing', async () => {
    await using at = await aDaemon()
    expect(
      (await send(at, '/v1/threads', { 'proxy-authorization': `Bearer ${at.bearer}` })).status,
    ).toBe(401)
    for (const name of ['access_token', 'token', 'authorization', 'ticket']) {
      expect((await send(at, `/v1/threads?${name}=${at.bearer}`, {})).status).toBe(401)
      expect((await send(at, `/v1/sync/changes?${name}=${at.bearer}`, {})).status).toBe(401)
    }
  })
})

describe('--insecure-localhost', () => {
  it('forces loopback, opens records but no accounts, and shows itself on the socket alone', async () => {
    await using at = await aDaemon({ insecureLocalhost: true, host: '0.0.0.0' })
    expect(at.daemon.addresses.tcp.host).toBe('127.0.0.1')
    const json = { 'content-type': 'application/json' }
    expect((await send(at, '/v1/records', json, { method: 'POST', body: tea })).status).toBe(201)
    for (const [path, method] of [
      ['/v1/service-accounts', 'POST'],
      ['/v1/tokens', 'POST'],
      ['/v1/config/auth_required', 'POST'],
    ] as const) {
      const answer = await send(at, path, json, { method, body: '{"name":"x","value":false}' })
      expect([path, answer.status, answer.body['code']]).toEqual([path, 401, 'AUTH_REQUIRED'])
    }
    expect((await send(at, '/health', {})).body['security']).toBeUndefined()
    const { text } = await overSocket(at.daemon.addresses.socket, '/health')
    expect((JSON.parse(text) as Json)['security']).toEqual({
      auth_required: true,
      insecure_localhost: true,
    })
    const request = new Request('https://spl.example/v1/threads')
    expect((await at.daemon.app.fetch(request, { via: 'tunnel' })).status).toBe(401)
  })
})

describe('an open event stream', () => {
  it.each(['the token', 'the account'])(
    'ends with a clear event when %s is revoked',
    async (what) => {
      await using at = await aDaemon()
      const { accounts } = at.daemon.access
      const request = { name: 'page', scopes: ['records:read'] } as const
      const { token, tokenId, account } = await accounts.createWithToken(request, null)
      const reader = new EventReader(
        await at.get('/v1/sync/subscribe', { authorization: `Bearer ${token}` }),
      )
      await reader.upTo('ready')
      const other = new EventReader(await at.get('/v1/sync/subscribe'))
      await other.upTo('ready')
      if (what === 'the token') await accounts.revokeToken(tokenId)
      else await accounts.revokeAccount(account, null)
      const last = (await reader.rest()).at(-1)
      expect([last?.event, (JSON.parse(last?.data ?? '{}') as Json)['code']]).toEqual([
        'error',
        'AUTH_REVOKED',
      ])
      await at.daemon.store.append(aDraft())
      expect(await other.upTo('record')).not.toHaveLength(0)
      await other.cancel()
    },
  )

  it('ends when its token expires, and a long poll with it', async () => {
    await using at = await aDaemon()
    const request = { name: 'page', scopes: ['records:read'] } as const
    const soon = Math.floor(Date.now() / 1000) + 2
    const { token } = await at.daemon.access.accounts.createWithToken(request, soon)
    const headers = { authorization: `Bearer ${token}` }
    const reader = new EventReader(await at.get('/v1/sync/subscribe', headers))
    const poll = at.get('/v1/sync/changes?since=now&feed=longpoll', headers)
    const last = (await reader.rest()).at(-1)
    expect((JSON.parse(last?.data ?? '{}') as Json)['code']).toBe('AUTH_INVALID')
    expect((await poll).status).toBe(401)
  })
})
