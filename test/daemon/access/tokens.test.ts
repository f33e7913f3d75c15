import { describe, expect, it } from 'vitest'
import { parseToken, tokenId } from '../../../protocol/identity/token.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { ADA, aDaemon, type TestDaemon } from '../../support/daemon/a-daemon.ts'

type Json = Record<string, unknown>
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function post(at: TestDaemon, path: string, body: unknown, headers?: Record<string, string>) {
  const answer = await at.post(path, body, headers)
  return { status: answer.status, body: (await answer.json()) as Json }
}
const minted = (body: Json) => (body['minted'] as Json)['token'] as string

describe('a service account', () => {
  it('is made with what it may do, and its token can do that', async () => {
    await using at = await aDaemon()
    const { status, body } = await post(at, '/v1/service-accounts', {
      name: 'phone',
      scopes: ['records:read', 'records:write'],
      actors: [ADA],
      namespace: 'home/phones',
      env: 'test',
      with_token: true,
      ttl_seconds: 3600,
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      name: 'phone',
      did: `did:sync:system:${String(body['id'])}`,
      actors: [ADA],
      namespace: 'home/phones',
      active: true,
      edge: { state: 'none' },
    })
    const token = minted(body)
    expect(token).toMatch(/^spl_test_sa_/)
    const me = (await (await at.get('/v1/identity', withBearer(token))).json()) as Json
    expect(me).toMatchObject({
      service_account_id: body['id'],
      scopes: ['records:read', 'records:write'],
      namespace: 'home/phones',
      via: 'loopback',
    })
    const expires = me['expires_at'] as number
    expect(expires - (body['created_at'] as number)).toBeGreaterThanOrEqual(3599)
  })

  it('is listed in pages, shown with its tokens, and never with a bearer', async () => {
    await using at = await aDaemon()
    for (const name of ['a', 'b', 'c']) {
      await post(at, '/v1/service-accounts', { name, with_token: true })
    }
    const names: unknown[] = []
    let cursor = ''
    for (;;) {
      const text = await (await at.get(`/v1/service-accounts?limit=2${cursor}`)).text()
      expect(text).not.toMatch(/spl_[a-z0-9]+_sa/)
      const list = JSON.parse(text) as { data: Json[]; has_more: boolean; next_cursor: string }
      names.push(...list.data.map(({ name }) => name))
      if (!list.has_more) break
      cursor = `&cursor=${list.next_cursor}`
    }
    expect(names).toEqual(['admin', 'a', 'b', 'c'])
    const [admin] = at.daemon.store.accounts()
    const text = await (await at.get(`/v1/service-accounts/${admin?.id}`)).text()
    expect((JSON.parse(text) as { tokens: Json[] }).tokens).toHaveLength(1)
    expect(text + (await (await at.get('/v1/tokens')).text())).not.toContain(
      parseToken(at.bearer).secret,
    )
  })

  it('shows its tokens in pages; the command line shows all of them', async () => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x' })
    const id = String(body['id'])
    const made: unknown[] = []
    for (let count = 0; count < 5; count += 1) {
      made.push((await post(at, '/v1/tokens', { service_account_id: id })).body['token_id'])
    }
    const seen: unknown[] = []
    let cursor = ''
    for (;;) {
      const path = `/v1/service-accounts/${id}?limit=2${cursor}`
      const page = (await (await at.get(path)).json()) as Json
      const tokens = page['tokens'] as Json[]
      expect([page['id'], tokens.length <= 2]).toEqual([id, true])
      seen.push(...tokens.map((token) => token['token_id']))
      if (page['has_more'] !== true) break
      cursor = `&cursor=${String(page['next_cursor'])}`
    }
    expect(seen).toEqual(made)
    const most = await at.get(`/v1/service-accounts/${id}?limit=1001`)
    expect(most.status).toBe(400)
    // More than one answer holds.
    const { accounts } = at.daemon.access
    const account = { id, env: 'prod', scopes: '["records:read"]', reach: null }
    await Promise.all(Array.from({ length: 100 }, () => accounts.mint(account, null)))
    const home = at.daemon.home.root
    const run = await runHere(['service-account', 'describe', id, '--json'], { home })
    const described = JSON.parse(run.stdout) as Json
    expect([described['tokens'], 'has_more' in described]).toEqual([
      expect.objectContaining({ length: 105 }),
      false,
    ])
  })

  it('is revoked for good: its tokens die with the next request, and it gets no new ones', async () => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x', with_token: true })
    const token = minted(body)
    expect((await at.get('/v1/threads', withBearer(token))).status).toBe(200)
    const gone = await fetch(`${at.base}/v1/service-accounts/${String(body['id'])}?reason=lost`, {
      method: 'DELETE',
      headers: withBearer(at.bearer),
    })
    expect(await gone.json()).toMatchObject({ active: false, reason: 'lost' })
    expect((await at.get('/v1/threads', withBearer(token))).status).toBe(401)
    const more = await post(at, '/v1/tokens', { service_account_id: body['id'] })
    expect([more.status, more.body['code']]).toEqual([404, 'NOT_FOUND'])
  })

  it.each<[string, object]>([
    ['name', { name: '' }],
    ['name', { name: 'a\u001b[31m' }],
    ['scopes[0]', { name: 'x', scopes: ['root'] }],
    ['actors[0]', { name: 'x', actors: ['ada'] }],
    ['namespace', { name: 'x', namespace: '../x' }],
    ['env', { name: 'x', env: 'PROD' }],
    ['ttl_seconds', { name: 'x', ttl_seconds: 0 }],
    ['ttl_seconds', { name: 'x', ttl_seconds: 1e12 }],
    ['actors', { name: 'x', actors: Array.from({ length: 65 }, (_, n) => `did:sync:user:${n}`) }],
    ['$', { name: 'x', token: 'spl_mine' }],
  ])('with a wrong %s is refused', async (field, body) => {
    await using at = await aDaemon()
    const answer = await post(at, '/v1/service-accounts', body)
    expect([answer.status, answer.body['code'], answer.body['field']]).toEqual([
      400,
      'INVALID_REQUEST',
      field,
    ])
    expect(at.daemon.store.accounts()).toHaveLength(1)
  })
})

describe('a token', () => {
  it('keeps the scopes that it was minted with', async () => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x', scopes: ['records:read'] })
    const { body: token } = await post(at, '/v1/tokens', { service_account_id: body['id'] })
    expect(token).toMatchObject({ object: 'token', scopes: ['records:read'], expires_at: null })
    expect(token['token_id']).toBe(await tokenId(parseToken(token['token'] as string).secret))
  })

  it('ends at its expiry', async () => {
    await using at = await aDaemon()
    const request = { name: 'short', scopes: ['records:read'] } as const
    const now = Math.floor(Date.now() / 1000)
    const over = await at.daemon.access.accounts.createWithToken(request, now)
    expect((await at.get('/v1/threads', withBearer(over.token))).status).toBe(401)
    const soon = await at.daemon.access.accounts.createWithToken(request, now + 2)
    expect((await at.get('/v1/threads', withBearer(soon.token))).status).toBe(200)
    // Also one that is remembered as checked.
    await expect
      .poll(async () => (await at.get('/v1/threads', withBearer(soon.token))).status, {
        timeout: 10_000,
      })
      .toBe(401)
  })

  it('is exchanged by its holder, with the same scopes and lifetime at most', async () => {
    await using at = await aDaemon()
    const request = { name: 'x', scopes: ['records:read'] } as const
    const expiry = Math.floor(Date.now() / 1000) + 1000
    const { token } = await at.daemon.access.accounts.createWithToken(request, expiry)
    const rotate = { ttl_seconds: 999_999 }
    const { status, body } = await post(at, '/v1/tokens/self/rotate', rotate, {
      ...withBearer(token),
      'content-type': 'application/json',
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({ scopes: ['records:read'], expires_at: expiry })
    expect((await at.get('/v1/threads', withBearer(token))).status).toBe(401)
    expect((await at.get('/v1/threads', withBearer(body['token'] as string))).status).toBe(200)
  })

  it('of an account is rotated: the new one is there before the others end', async () => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x', with_token: true })
    const id = String(body['id'])
    await post(at, '/v1/tokens', { service_account_id: id })
    const rotated = await post(at, `/v1/service-accounts/${id}/rotate`, {})
    expect(rotated.status).toBe(201)
    expect(rotated.body['revoked']).toHaveLength(2)
    expect((await at.get('/v1/threads', withBearer(minted(body)))).status).toBe(401)
    const fresh = rotated.body['token'] as string
    expect((await at.get('/v1/threads', withBearer(fresh))).status).toBe(200)
    const threads = at.daemon.store.page(
      { thread: 'th_service_accounts' },
      0,
      at.daemon.store.head(),
      99,
    )
    const topics = threads.records.map(({ raw }) => /"topic":"(\w+)"/.exec(raw)?.[1])
    expect(topics.slice(-3)).toEqual(['token', 'token_revoked', 'token_revoked'])
  })

  it.each<[string, (number | undefined)[], number | null]>([
    ['one that expires', [3_600], 3_600],
    ['the longest-lived of several', [600, 7_200, 3_600], 7_200],
    ['one without an end', [600, undefined], null],
  ])('that an account gets by a rotation lives as long as %s', async (_of, lives, expected) => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x' })
    const id = String(body['id'])
    const ends: (number | null)[] = []
    for (const ttl_seconds of lives) {
      const made = await post(at, '/v1/tokens', { service_account_id: id, ttl_seconds })
      ends.push(made.body['expires_at'] as number | null)
    }
    const kept = ends[lives.indexOf(expected ?? undefined)]
    const rotated = await post(at, `/v1/service-accounts/${id}/rotate`, {})
    expect(rotated.body['expires_at']).toBe(kept)
    const longer = await post(at, `/v1/service-accounts/${id}/rotate`, { ttl_seconds: 9_999 })
    const { created_at, expires_at } = longer.body as Record<string, number>
    expect(expires_at! - created_at!).toBe(9_999)
  })

  it('of an account whose tokens were all revoked has no end, as a created one', async () => {
    await using at = await aDaemon()
    const { body } = await post(at, '/v1/service-accounts', { name: 'x' })
    const id = String(body['id'])
    const made = await post(at, '/v1/tokens', { service_account_id: id, ttl_seconds: 600 })
    await at.daemon.access.accounts.revokeToken(String(made.body['token_id']))
    const rotated = await post(at, `/v1/service-accounts/${id}/rotate`, {})
    expect(rotated.body).toMatchObject({ expires_at: null, revoked: [] })
  })

  it('that is not there cannot be revoked', async () => {
    await using at = await aDaemon()
    const answer = await fetch(`${at.base}/v1/tokens/${'0'.repeat(64)}`, {
      method: 'DELETE',
      headers: withBearer(at.bearer),
    })
    expect(answer.status).toBe(404)
  })
})
