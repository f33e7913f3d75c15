import { describe, expect, it } from 'vitest'
import { ACCOUNTS_THREAD } from '../../../local-daemon/store/daemon-threads.ts'
import { ROUTE_ACCESS } from '../../../protocol/http/route-access.ts'
import { mintTokenPayload, parseToken, tokenId } from '../../../protocol/identity/token.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import {
  ADA,
  aDaemon,
  aDraft,
  overSocket,
  sendRaw,
  type TestDaemon,
} from '../../support/daemon/a-daemon.ts'

async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${((await answer.json()) as { code: string }).code}`
}
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('the bearer', () => {
  it('is needed on every route but open ones over TCP, on none over the socket', async () => {
    await using at = await aDaemon()
    const { id } = (await at.daemon.store.append(aDraft())).record
    for (const [route, { scopes, invite }] of Object.entries(ROUTE_ACCESS)) {
      const [method = '', form = ''] = route.split(' ')
      const path = form.replace('/threads/{id}', '/threads/th_test').replace(/\{\w+\}/, id)
      const answer = await fetch(at.base + path, { method })
      const challenge = answer.headers.get('www-authenticate')
      if (scopes !== 'open' || invite === true)
        expect([route, answer.status, challenge]).toEqual([route, 401, 'Bearer'])
      else expect([route, answer.status]).not.toEqual([route, 401])
    }
    const { socket } = at.daemon.addresses
    for (const path of [`/v1/records/${id}`, '/v1/threads', '/v1/sync/changes', '/openapi.json']) {
      expect((await overSocket(socket, path)).status).toBe(200)
    }
  })

  it('must be of this daemon, known, whole and not revoked', async () => {
    await using at = await aDaemon()
    await using other = await aDaemon()
    const { identity, access } = at.daemon
    const random = new Uint8Array(16)
    const { saId } = parseToken(at.bearer)
    // Signed by the right identity, yet no token that the store knows.
    const unknown = mintTokenPayload({ env: 'prod', saId, random, sign: identity.sign }).token
    for (const token of [
      'nonsense',
      'spl_prod_sa_x_y',
      other.bearer,
      unknown,
      `${at.bearer}x`,
      at.bearer.replace('_prod_', '_test_'),
    ]) {
      expect(await codeOf(await at.get('/v1/threads', withBearer(token)))).toBe('401 AUTH_INVALID')
    }
    for (const authorization of ['', 'Bearer', `Basic ${at.bearer}`, at.bearer]) {
      expect(await codeOf(await at.get('/v1/threads', { authorization }))).toBe('401 AUTH_INVALID')
    }
    expect((await at.get('/v1/threads')).status).toBe(200)
    await access.accounts.revokeToken(await tokenId(parseToken(at.bearer).secret))
    expect(await codeOf(await at.get('/v1/threads'))).toBe('401 AUTH_INVALID')
  })

  it('must have the signature of this daemon, even if the table has it', async () => {
    await using at = await aDaemon()
    await using other = await aDaemon()
    const { saId } = parseToken(at.bearer)
    const random = new Uint8Array(16)
    const { sign } = other.daemon.identity
    const forged = mintTokenPayload({ env: 'prod', saId, random, sign })
    const id = await tokenId(forged.secret)
    await at.daemon.store.transact((tx) =>
      tx.tables.insertToken.run(id, 'prod', '["admin"]', null, 1, null, 1, saId),
    )
    expect(at.daemon.store.token(id)).toBeDefined()
    expect(await codeOf(await at.get('/v1/threads', withBearer(forged.token)))).toBe(
      '401 AUTH_INVALID',
    )
  })

  it('is refused when it comes twice', async () => {
    await using at = await aDaemon()
    const line = `Authorization: Bearer ${at.bearer}\r\n`
    const answer = await sendRaw(
      at.daemon.addresses.tcp.port,
      `GET /v1/threads HTTP/1.1\r\nHost: localhost\r\n${line}${line}Connection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('"code":"INVALID_HEADERS"')
  })

  it('is needed through the tunnel, even if headers claim otherwise', async () => {
    await using at = await aDaemon()
    const headers = { 'x-forwarded-for': '127.0.0.1', 'x-spl-via': 'socket', host: 'localhost' }
    const request = new Request('https://spl.example/v1/threads', { headers })
    expect(await codeOf(await at.daemon.app.fetch(request, { via: 'tunnel' }))).toBe(
      '401 AUTH_REQUIRED',
    )
  })
})

describe('scopes', () => {
  const calls: readonly [string, (at: TestDaemon, token: string) => Promise<Response>][] = [
    ['read', (at, token) => at.get('/v1/threads', withBearer(token))],
    ['sync', (at, token) => at.get('/v1/sync/changes', withBearer(token))],
    ['write', (at, token) => at.post('/v1/records', aDraft({ clock: 0 }), withBearer(token))],
  ]
  it.each<[Scope, Record<string, string>]>([
    ['admin', { read: '200', sync: '200', write: '201' }],
    ['records:read', { read: '200', sync: '200', write: '403 records:write' }],
    ['records:write', { read: '403 records:read', sync: '403 records:read', write: '201' }],
    ['federation:manage', { read: '403 records:read', sync: '200', write: '403 records:write' }],
    [
      'config:read',
      { read: '403 records:read', sync: '403 records:read', write: '403 records:write' },
    ],
  ])('%s', async (scope, expected) => {
    await using at = await aDaemon()
    const token = await at.tokenWith(scope)
    const outcomes: Record<string, string> = {}
    for (const [name, call] of calls) {
      const answer = await call(at, token)
      const { code, required_scope } = (await answer.json()) as Record<string, string>
      outcomes[name] = [answer.status, required_scope].filter(Boolean).join(' ')
      expect(code).toBe(answer.ok ? undefined : 'SCOPE_FORBIDDEN')
    }
    expect(outcomes).toEqual(expected)
  })
})

describe('the Host header', () => {
  it.each(['localhost', 'LOCALHOST:9100', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:9100'])(
    '%s is this machine',
    async (host) => {
      await using at = await aDaemon()
      const answer = await sendRaw(
        at.daemon.addresses.tcp.port,
        `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/^HTTP\/1.1 200 /)
    },
  )

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '0.0.0.0', '::1'])(
    '%s is not, not even for /health',
    async (host) => {
      await using at = await aDaemon()
      const answer = await sendRaw(
        at.daemon.addresses.tcp.port,
        `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/^HTTP\/1.1 (?:421|400) /)
      expect(answer).toMatch(/"code":"(?:HOST_NOT_ALLOWED|INVALID_TARGET)"/)
    },
  )
})

describe('pages of other origins', () => {
  it('get no permission, on a preflight or any other answer', async () => {
    await using at = await aDaemon()
    const origin = 'https://evil.example'
    const preflight = await fetch(`${at.base}/v1/records`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(await codeOf(preflight.clone())).toBe('403 ORIGIN_NOT_ALLOWED')
    const answers = [
      preflight,
      await at.get('/health', { origin }),
      await at.get('/v1/threads', { origin }),
      await at.get('/nope', { origin }),
      await at.post('/v1/records', aDraft({ clock: 1 }), { origin }),
    ]
    for (const { headers } of answers) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('accounts', () => {
  it('are records without a secret, and a table that a rebuild makes again', async () => {
    await using at = await aDaemon()
    const { store, access } = at.daemon
    const { accounts } = access
    const phone = { name: 'phone', scopes: ['records:read', 'records:write'] as const }
    const { token: second, tokenId: id } = await accounts.createWithToken(phone, null)
    await accounts.revokeToken(id)
    await accounts.create({ name: 'tv', scopes: [], actors: [ADA], namespace: 'home', env: 'test' })
    const old = await accounts.createWithToken({ name: 'old', scopes: ['admin'] }, 2_000_000_000)
    await accounts.revokeAccount(old.account, 'sold')
    await access.invites.create({
      device: 'car',
      scopes: ['records:read'],
      ttlSeconds: 60,
      issuer: null,
    })
    const tables = () => ({
      accounts: store.accounts(),
      tokens: store.tokens(),
      invites: store.invites(),
    })
    const before = tables()
    expect(before.accounts.map(({ name }) => name).toSorted()).toEqual([
      'admin',
      'old',
      'phone',
      'tv',
    ])
    expect(before.tokens.filter(({ revoked_at }) => revoked_at !== null)).toHaveLength(1)

    // Damaged tables do not survive the rebuild.
    await store.transact((tx) => {
      tx.tables.clearTokens.run()
      tx.tables.clearInvites.run()
    })
    expect(store.tokens()).toEqual([])
    await accounts.rebuild()
    expect(tables()).toEqual(before)

    const everything = await (await at.get(`/v1/records?thread=${ACCOUNTS_THREAD}`)).text()
    for (const token of [at.bearer, second]) {
      expect(everything).not.toContain(parseToken(token).secret)
    }
  })

  it('cannot be made or changed by writing to their thread', async () => {
    await using at = await aDaemon()
    const token = await at.tokenWith('records:write')
    const forged = aDraft({
      thread: ACCOUNTS_THREAD,
      act: 'LEARN',
      actor: at.daemon.identity.did,
      clock: 99,
      body: { topic: 'token_revoked', token_id: '0'.repeat(64), revoked_at: 1 },
    })
    expect(await codeOf(await at.post('/v1/records', forged, withBearer(token)))).toBe(
      '403 THREAD_RESERVED',
    )
    // Even a record that got there says nothing unless the daemon itself speaks in it.
    const { store, identity, access } = at.daemon
    const before = store.tokens()
    const secret = await tokenId(parseToken(token).secret)
    const body = { topic: 'token_revoked', token_id: secret, revoked_at: 1 }
    await store.append(aDraft({ thread: ACCOUNTS_THREAD, act: 'LEARN', body }))
    await store.append(
      aDraft({ thread: ACCOUNTS_THREAD, act: 'LEARN', actor: identity.did, body: { topic: 'x' } }),
    )
    await access.accounts.rebuild()
    expect(store.tokens()).toEqual(before)
  })
})
