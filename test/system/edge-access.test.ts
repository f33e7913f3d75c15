import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { prepareHome } from '../../local-daemon/home/prepare-home.ts'
import { startDaemon, type Daemon } from '../../local-daemon/daemon.ts'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { aDraft, aHome } from '../support/daemon/a-daemon.ts'
import { EventReader, recordIds } from '../support/clients/events.ts'
import { anIdentity } from '../support/test-identity.ts'
import { until } from '../support/until.ts'

/* The real daemon and the real Worker on raw workerd: what a change at home does at the edge, and when. */

type Json = Record<string, unknown>
const PAGE = 'https://app.example.com'

let home: ReturnType<typeof aHome>
let gateway: Gateway
let daemon: Daemon
let bearer: string

const gatewayOf = (port: number) =>
  startGateway({
    ownerDid: loadIdentity(homeAt(home.path)).did,
    directory: join(home.path, 'gateway'),
    port,
  })
const daemonOf = () =>
  startDaemon({
    home: home.path,
    port: 0,
    logger: pino({ level: 'silent' }),
    tunnel: { gatewayUrl: gateway.url },
  })
const connected = () =>
  until('the gateway keeps the policy', () => daemon.access.edge.report().state === 'applied')

beforeAll(async () => {
  home = aHome()
  prepareHome(homeAt(home.path))
  gateway = await gatewayOf(0)
  daemon = await daemonOf()
  bearer = daemon.adminBearer ?? ''
  await connected()
})
afterAll(async () => {
  await daemon.stop()
  await gateway.stop()
  home[Symbol.dispose]()
})

const direct = () => `http://127.0.0.1:${daemon.addresses.tcp.port}`
const ask = (path: string, headers: Record<string, string> = {}, base = gateway.url) =>
  fetch(base + path, { headers: { authorization: `Bearer ${bearer}`, ...headers } })
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const json = async (answer: Response) => (await answer.json()) as Json
const setOrigins = async (origins: string[]): Promise<Json> =>
  json(await post('/v1/config/auth_cors_origins', { value: origins }))
const preflight = (base: string, origin = PAGE) =>
  fetch(`${base}/v1/records`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

describe('a revoked token', () => {
  test('is refused at the edge once the change is reported as applied', async () => {
    const made = await json(
      await post('/v1/service-accounts', {
        name: 'phone',
        with_token: true,
        scopes: ['records:read'],
      }),
    )
    expect((made['edge'] as Json)['state']).toBe('applied')
    const { token, token_id } = made['minted'] as Json
    const headers = { authorization: `Bearer ${String(token)}` }
    expect((await ask('/v1/threads', headers)).status).toBe(200)
    const write = await post('/v1/records', aDraft({ clock: 0 }), headers)
    expect(await json(write)).toMatchObject({ code: 'SCOPE_FORBIDDEN', hop: 'gateway' })
    const gone = await fetch(`${gateway.url}/v1/tokens/${String(token_id)}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${bearer}` },
    })
    expect((await json(gone))['edge']).toMatchObject({ state: 'applied' })
    expect(await json(await ask('/v1/threads', headers))).toMatchObject({
      code: 'AUTH_INVALID',
      hop: 'gateway',
    })
    expect(await json(await ask('/v1/threads', headers, direct()))).toMatchObject({
      code: 'AUTH_INVALID',
      hop: 'daemon',
    })
  })

  test('ends its event stream with a clear last event, through the gateway', async () => {
    const request = { name: 'page', scopes: ['records:read'] } as const
    const fresh = await daemon.access.accounts.createWithToken(request, null)
    await connected()
    const headers = { authorization: `Bearer ${fresh.token}` }
    const reader = new EventReader(await ask('/v1/sync/subscribe', headers))
    await reader.upTo('ready')
    await daemon.access.accounts.revokeToken(fresh.tokenId)
    const last = (await reader.rest()).at(-1)
    expect([last?.event, (JSON.parse(last?.data ?? '{}') as Json)['code']]).toEqual([
      'error',
      'AUTH_REVOKED',
    ])
  })
})

describe('an origin', () => {
  test('is allowed and denied with the very next request, at home and at the edge', async () => {
    for (const base of [gateway.url, direct()]) expect((await preflight(base)).status).toBe(403)
    expect((await setOrigins([PAGE]))['edge']).toMatchObject({ state: 'applied' })
    for (const base of [gateway.url, direct()]) {
      const answer = await preflight(base)
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        204,
        PAGE,
      ])
      const read = await ask('/v1/threads', { origin: PAGE }, base)
      expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, PAGE])
    }
    await setOrigins([])
    for (const base of [gateway.url, direct()]) {
      expect((await preflight(base)).status).toBe(403)
    }
    expect((await ask('/v1/threads', { origin: PAGE })).headers.get('vary')).toBeNull()
  })

  test('may read every refusal of gateway and daemon, and other pages none', async () => {
    await setOrigins([PAGE])
    const forged = `Bearer ${anIdentity().bearer}`
    const refused: [string, Record<string, string>, string, string][] = [
      ['/v1/threads', { authorization: forged }, 'AUTH_INVALID', 'gateway'],
      ['/v1/threads', { authorization: '' }, 'AUTH_REQUIRED', 'gateway'],
      ['/v1/bootstrap/service-account', {}, 'LOCAL_ONLY', 'gateway'],
      ['/v1/records?limit=0', {}, 'INVALID_REQUEST', 'daemon'],
      ['/v1/nothing', {}, 'NOT_FOUND', 'daemon'],
    ]
    for (const [path, headers, code, hop] of refused) {
      const answer = await ask(path, { ...headers, origin: PAGE })
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(answer.headers.get('vary')).toBe('Origin')
      expect(await json(answer)).toMatchObject({ code, hop })
      const other = await ask(path, { ...headers, origin: 'https://evil.example' })
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('keeps its leave over a restart of the gateway and of the daemon', async () => {
    await setOrigins([PAGE])
    await gateway.stop()
    gateway = await gatewayOf(gateway.port)
    // Before the daemon has come back: the object has kept it.
    expect((await preflight(gateway.url)).status).toBe(204)
    await connected()
    await daemon.stop()
    const offline = await ask('/v1/threads', { origin: PAGE })
    expect([offline.status, offline.headers.get('access-control-allow-origin')]).toEqual([
      503,
      PAGE,
    ])
    expect(await json(offline)).toMatchObject({ code: 'TUNNEL_OFFLINE', hop: 'gateway' })
    // Answered without home, which is away.
    expect((await preflight(gateway.url)).status).toBe(204)
    expect((await preflight(gateway.url, 'https://evil.example')).status).toBe(403)
    daemon = await daemonOf()
    await connected()
    for (const base of [gateway.url, direct()]) expect((await preflight(base)).status).toBe(204)
  })
})

describe('a change while the gateway is away', () => {
  test('is reported as pending, holds at home, and at the edge from its return on', async () => {
    const request = { name: 'lost', scopes: ['records:read'] } as const
    const fresh = await daemon.access.accounts.createWithToken(request, null)
    await connected()
    const { port } = gateway
    await gateway.stop()
    await until('it is noticed', () => daemon.tunnel?.status.state !== 'connected')
    const answer = await fetch(`${direct()}/v1/tokens/${fresh.tokenId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${bearer}` },
    })
    expect((await json(answer))['edge']).toMatchObject({ state: 'pending' })
    const headers = { authorization: `Bearer ${fresh.token}` }
    expect((await ask('/v1/threads', headers, direct())).status).toBe(401)
    gateway = await gatewayOf(port)
    await connected()
    expect(await json(await ask('/v1/threads', headers))).toMatchObject({ hop: 'gateway' })
  })
})

describe('without a bearer in a header', () => {
  test('a ticket opens an event stream through the gateway, once', async () => {
    const path = '/v1/sync/subscribe'
    const { ticket } = await json(await post('/v1/stream-tickets', { path }))
    const url = `${gateway.url}${path}?thread=th_ticket&ticket=${String(ticket)}`
    const reader = new EventReader(await fetch(url))
    await reader.upTo('ready')
    const { record } = await daemon.store.append(aDraft({ thread: 'th_ticket' }))
    expect(recordIds(await reader.upTo('record'))).toEqual([record.id])
    await reader.cancel()
    expect(await json(await fetch(url))).toMatchObject({ code: 'AUTH_INVALID', hop: 'daemon' })
    const flipped = String(ticket).replace(/.$/, (last) => (last === '2' ? '3' : '2'))
    expect(await json(await fetch(`${gateway.url}${path}?ticket=${flipped}`))).toMatchObject({
      code: 'AUTH_INVALID',
      hop: 'gateway',
    })
  })

  test('an invite is redeemed through the gateway, and its bearer works with the next request', async () => {
    const { code } = await json(await post('/v1/invites', { device: 'tablet' }))
    const invited = { authorization: `Bearer ${String(code)}` }
    const pairing = await json(await post('/v1/invites/redeem', {}, invited))
    expect(pairing['device']).toBe('tablet')
    const headers = { authorization: `Bearer ${String(pairing['token'])}` }
    expect((await ask('/v1/threads', headers)).status).toBe(200)
    expect((await post('/v1/invites/redeem', {}, invited)).status).toBe(410)
  })

  test('what the host takes and speaks is told to anybody', async () => {
    const answer = await fetch(`${gateway.url}/.well-known/syncropel`)
    expect(answer.status).toBe(200)
    const { limits, instance_did } = await json(answer)
    expect(instance_did).toBe(daemon.identity.did)
    expect((limits as Json)['request_body_bytes']).toBeGreaterThan(1_000_000)
  })
})

test('a limit that is set at home is the edge’s with the next request', async () => {
  const made = await json(await post('/v1/service-accounts', { name: 'fast', with_token: true }))
  const headers = { authorization: `Bearer ${String((made['minted'] as Json)['token'])}` }
  await post('/v1/config/token_burst', { value: 3 })
  await post('/v1/config/token_requests_per_second', { value: 1 })
  const answers = []
  for (let n = 0; n < 5; n += 1) answers.push(await ask('/v1/threads', headers))
  const limited = answers.find(({ status }) => status === 429)
  expect(limited?.headers.get('retry-after')).toBe('1')
  expect(await limited?.json()).toMatchObject({ code: 'RATE_LIMITED', hop: 'gateway' })
  // Loopback is not the edge's to limit.
  expect((await ask('/v1/threads', headers, direct())).status).toBe(200)
})
