import { randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import { INVITE_PATH, makeCode } from '../../../protocol/identity/signed-code.ts'
import { aDaemon, aDraft, overSocket, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { EventReader, recordIds } from '../../support/clients/events.ts'

type Json = Record<string, unknown>
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })
const STREAM = '/v1/sync/subscribe'

async function ticketFor(at: TestDaemon, path = STREAM, bearer = at.bearer): Promise<string> {
  const answer = await at.post('/v1/stream-tickets', { path }, withBearer(bearer))
  expect(answer.status).toBe(201)
  return ((await answer.json()) as Json)['ticket'] as string
}

describe('a stream ticket', () => {
  it('opens one event stream without a header, once', async () => {
    await using at = await aDaemon()
    const { id } = (await at.daemon.store.append(aDraft())).record
    const url = `${at.base}${STREAM}?thread=th_test&ticket=${await ticketFor(at)}`
    const reader = new EventReader(await fetch(url))
    expect(recordIds(await reader.upTo('ready'))).toEqual([id])
    await reader.cancel()
    const again = await fetch(url)
    expect([again.status, ((await again.json()) as Json)['code']]).toEqual([401, 'AUTH_INVALID'])
  })

  it('is bound to its path, and counts beside no other ticket', async () => {
    await using at = await aDaemon()
    const other = await ticketFor(at, '/v1/sync/changes')
    expect((await fetch(`${at.base}${STREAM}?ticket=${other}`)).status).toBe(401)
    expect((await fetch(`${at.base}/v1/threads?ticket=${other}`)).status).toBe(401)
    expect((await fetch(`${at.base}/v1/sync/changes?ticket=${other}&ticket=${other}`)).status).toBe(
      401,
    )
    expect((await fetch(`${at.base}/v1/sync/changes?ticket=${other}`)).status).toBe(200)
  })

  it('is given for event streams only, and only to accounts that may read them', async () => {
    await using at = await aDaemon()
    for (const path of ['/v1/records', `${STREAM}?thread=th_a`, '/health', 'sync', '//x']) {
      const answer = await at.post('/v1/stream-tickets', { path })
      expect([path, answer.status]).toEqual([path, 400])
    }
    const writer = await at.tokenWith('records:write')
    const answer = await at.post('/v1/stream-tickets', { path: STREAM }, withBearer(writer))
    expect([answer.status, ((await answer.json()) as Json)['required_scope']]).toEqual([
      403,
      'records:read',
    ])
  })

  it('dies with its token, and after half a minute', async () => {
    await using at = await aDaemon()
    const request = { name: 'page', scopes: ['records:read'] } as const
    const { token, tokenId } = await at.daemon.access.accounts.createWithToken(request, null)
    const orphan = await ticketFor(at, STREAM, token)
    await at.daemon.access.accounts.revokeToken(tokenId)
    expect((await fetch(`${at.base}${STREAM}?ticket=${orphan}`)).status).toBe(401)
    const late = await ticketFor(at)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 1000 * ACCESS_LIMITS.ticketSeconds)
    try {
      expect((await fetch(`${at.base}${STREAM}?ticket=${late}`)).status).toBe(401)
    } finally {
      vi.restoreAllMocks()
    }
  })

  it('is held in bounds, of one account and of all', async () => {
    await using at = await aDaemon()
    for (let n = 0; n < ACCESS_LIMITS.ticketsOfAccount; n += 1) await ticketFor(at)
    const refused = await at.post('/v1/stream-tickets', { path: STREAM })
    expect([refused.status, ((await refused.json()) as Json)['code']]).toEqual([
      429,
      'RATE_LIMITED',
    ])
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(ACCESS_LIMITS.ticketSeconds)
    await ticketFor(at, STREAM, await at.tokenWith('records:read'))
    const { tickets } = at.daemon.access
    const issue = (n: number) =>
      tickets.issue(
        {
          kind: 'account',
          account: `sa_${n}`,
          tokenId: '',
          scopes: [],
          actors: [],
          namespace: '',
          reach: undefined,
          expiresAt: null,
        },
        STREAM,
      )
    expect(() => {
      for (let n = 0; n <= ACCESS_LIMITS.tickets; n += 1) issue(n)
    }).toThrow('Too many stream tickets')
  })
})

describe('an invite', () => {
  const invite = async (at: TestDaemon, more: object = {}): Promise<Json> => {
    const answer = await at.post('/v1/invites', { device: 'tv', scopes: ['records:read'], ...more })
    expect(answer.status).toBe(201)
    return (await answer.json()) as Json
  }
  const redeem = (at: TestDaemon, code: unknown) =>
    at.post(INVITE_PATH, {}, withBearer(String(code)))

  it('becomes an account with a bearer, for exactly one of those who redeem it', async () => {
    await using at = await aDaemon()
    const { code, invite_id, scopes } = await invite(at)
    expect([String(code).slice(0, 4), scopes]).toEqual(['spi_', ['records:read']])
    const answers = await Promise.all([redeem(at, code), redeem(at, code), redeem(at, code)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 410, 410])
    const won = answers.find(({ status }) => status === 201)
    const pairing = (await won?.json()) as Json
    expect(pairing).toMatchObject({
      object: 'pairing',
      device: 'tv',
      scopes: ['records:read'],
      instance_did: at.daemon.identity.did,
    })
    expect((await at.get('/v1/threads', withBearer(String(pairing['token'])))).status).toBe(200)
    expect(at.daemon.store.accounts().map(({ name }) => name)).toEqual(['admin', 'tv'])
    // What the store keeps would not make the code again.
    const records = await (await at.get('/v1/threads/th_service_accounts/records')).text()
    expect(records).toContain(String(invite_id))
    expect(records).not.toContain(String(code))
  })

  it('that is too old, forged or of another kind is refused', async () => {
    await using at = await aDaemon()
    await using other = await aDaemon()
    const { sign } = at.daemon.identity
    const nonce = randomBytes(16)
    const expires = Math.floor(Date.now() / 1000) + 60
    const past = expires - 120
    const good = { kind: 'invite', path: INVITE_PATH, nonce, expires, sign } as const
    for (const code of [
      makeCode({ ...good, sign: other.daemon.identity.sign }),
      makeCode({ ...good, expires: past }),
      makeCode({ ...good, path: STREAM }),
      makeCode({ ...good, kind: 'ticket' }),
      // Signed, and yet never given out.
      makeCode(good),
      at.bearer,
      'spi_',
      'spi_1',
      `spi_${'1'.repeat(115)}`,
    ]) {
      const answer = await redeem(at, code)
      expect([code, answer.status]).toEqual([code, 401])
    }
    expect((await at.post(INVITE_PATH, {}, { authorization: '' })).status).toBe(401)
  })
})

describe('the bootstrap door', () => {
  const token = 'a-token-of-the-environment'
  const knock = (at: TestDaemon, headers: Record<string, string>) =>
    fetch(`${at.base}/v1/bootstrap/service-account`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    })

  it('opens to the token of the environment, once, and then never again', async () => {
    await using at = await aDaemon({ bootstrapToken: token })
    expect(at.daemon.adminBearer).toBeUndefined()
    expect((await knock(at, {})).status).toBe(401)
    expect((await knock(at, withBearer('another-token-of-the-environment'))).status).toBe(401)
    const answers = await Promise.all([1, 2, 3].map(() => knock(at, withBearer(token))))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409])
    const won = answers.find(({ status }) => status === 201)
    const { minted, id } = (await (won as Response).json()) as { minted: Json; id: string }
    const admin = withBearer(String(minted['token']))
    expect((await at.get('/v1/service-accounts', admin)).status).toBe(200)
    // For good: not even without any account that counts.
    await fetch(`${at.base}/v1/service-accounts/${id}?force=true`, {
      method: 'DELETE',
      headers: admin,
    })
    const late = await knock(at, withBearer(token))
    expect([late.status, ((await late.json()) as Json)['code']]).toEqual([409, 'BOOTSTRAP_CLOSED'])
  })

  it('opens to the socket without a token, and never through a proxy or the tunnel', async () => {
    await using at = await aDaemon({ bootstrapToken: token })
    const proxied = await knock(at, { ...withBearer(token), 'x-forwarded-for': '203.0.113.9' })
    expect([proxied.status, ((await proxied.json()) as Json)['code']]).toEqual([403, 'LOCAL_ONLY'])
    const request = new Request('https://spl.example/v1/bootstrap/service-account', {
      method: 'POST',
      headers: { ...withBearer(token), 'content-type': 'application/json' },
      body: '{}',
    })
    expect((await at.daemon.app.fetch(request, { via: 'tunnel' })).status).toBe(403)
    const { socket } = at.daemon.addresses
    const init = { method: 'POST', body: '{"name":"root"}' }
    const { status, text } = await overSocket(socket, '/v1/bootstrap/service-account', init)
    expect([status, (JSON.parse(text) as Json)['name']]).toEqual([201, 'root'])
  })

  it('is shut from the beginning where the first start made the account', async () => {
    await using at = await aDaemon()
    const answer = await knock(at, withBearer(at.bearer))
    expect(answer.status).toBe(409)
  })
})
