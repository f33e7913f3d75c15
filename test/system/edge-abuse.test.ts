import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCESS_LIMITS } from '../../local-daemon/access/limits.ts'
import { startDaemon, type Daemon } from '../../local-daemon/daemon.ts'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import type { Scope } from '../../protocol/identity/scopes.ts'
import { aHomeWithIdentity, type HomeWithIdentity } from '../support/daemon/a-home-with-identity.ts'
import { until } from '../support/until.ts'

/** Requests a minute of an address that shows no good bearer. */
const STRANGER = 5
const FLOOD = 60
const ADDRESS = 'x-real-ip'

let home: HomeWithIdentity
let gateway: Gateway
let daemon: Daemon
let addresses = 0

beforeAll(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({
    ownerDid: home.ownerDid,
    directory: join(home.path, 'gateway'),
    clientAddressHeader: ADDRESS,
    strangerRequestsPerMinute: STRANGER,
    addressRequestsPerMinute: 100_000,
  })
  daemon = await startDaemon({
    home: home.path,
    port: 0,
    logger: pino({ level: 'silent' }),
    tunnel: { gatewayUrl: gateway.url },
  })
  await until('the tunnel is connected', () => daemon.tunnel?.status.state === 'connected')
})
afterAll(async () => {
  await daemon.stop()
  await gateway.stop()
  home[Symbol.dispose]()
})

const anAddress = () => `192.0.2.${(addresses += 1)}`
const withBearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function aToken(...scopes: Scope[]) {
  const fresh = await daemon.access.accounts.createWithToken({ name: 'test', scopes }, null)
  await daemon.access.edge.settled()
  return fresh
}

/** Many at once from one address; how many were not refused for being too many. */
async function flood(
  path: string,
  headers: Record<string, string>,
  init: RequestInit = {},
  address = anAddress(),
): Promise<number> {
  const all = { ...headers, [ADDRESS]: address }
  const ask = () => fetch(gateway.url + path, { ...init, headers: all })
  const answers = await Promise.all(Array.from({ length: FLOOD }, ask))
  await Promise.all(answers.map((answer) => answer.arrayBuffer()))
  return answers.filter(({ status }) => status !== 429).length
}

describe('the stranger’s limit holds for', () => {
  test('a request without a bearer (what the others are measured by)', async () => {
    expect(await flood('/v1/threads', {})).toBeLessThan(FLOOD)
  })

  test('a bearer that was revoked', async () => {
    const { token, tokenId } = await aToken('records:read')
    await daemon.access.accounts.revokeToken(tokenId)
    await daemon.access.edge.settled()
    expect(await flood('/v1/threads', withBearer(token))).toBeLessThan(FLOOD)
  })

  test('a preflight of an origin that is not allowed', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    expect(await flood('/v1/threads', headers, { method: 'OPTIONS' })).toBeLessThan(FLOOD)
  })

  test('a ticket that was used', async () => {
    const { token } = await aToken('records:read')
    const answer = await fetch(`${gateway.url}/v1/stream-tickets`, {
      method: 'POST',
      headers: { ...withBearer(token), 'content-type': 'application/json' },
      body: '{"path":"/v1/sync/changes"}',
    })
    const { ticket } = (await answer.json()) as { ticket: string }
    expect(await flood(`/v1/sync/changes?ticket=${ticket}`, {})).toBeLessThan(FLOOD)
  })

  test.each(['203.0.113.1, 192.0.2.250', '203.0.113.1:443'])(
    'an address that a proxy writes as %s',
    async (address) => {
      expect(await flood('/v1/threads', {}, {}, address)).toBeLessThan(FLOOD)
    },
  )
})

describe('a token’s limit', () => {
  test('counts for a request that lacks the scope', async () => {
    await set('token_burst', 5)
    await set('token_requests_per_second', 1)
    const { token } = await aToken('records:read')
    expect(await flood('/v1/tokens', withBearer(token))).toBeLessThan(FLOOD)
  })

  test('is not reset by exchanging the token: home counts the exchanges of an account', async () => {
    await set('token_burst', 5)
    await set('token_requests_per_second', 1)
    let { token } = await aToken()
    let rotations = 0
    let answer: Response
    for (;;) {
      answer = await fetch(`${gateway.url}/v1/tokens/self/rotate`, {
        method: 'POST',
        headers: { ...withBearer(token), 'content-type': 'application/json' },
        body: '{}',
      })
      if (answer.status !== 201) break
      token = ((await answer.json()) as { token: string }).token
      rotations += 1
    }
    const { code, hop } = (await answer.json()) as { code: string; hop: string }
    expect([rotations, code, hop]).toEqual([
      ACCESS_LIMITS.rotationsPerMinute,
      'RATE_LIMITED',
      'daemon',
    ])
  })

  async function set(key: 'token_burst' | 'token_requests_per_second', value: number) {
    await daemon.store.append({
      parents: [],
      thread: 'th_engine_config',
      actor: daemon.identity.did,
      act: 'LEARN',
      body: { topic: key, value },
      data_type: 'SCALAR',
      judged_by: null,
    })
    await daemon.access.edge.settled()
  }
})

test('a token whose revocation the edge has acknowledged is not exchanged by a request under way', async () => {
  const { token, tokenId, account } = await aToken('records:read')
  // Remembered at home from here on: the check of the next head waits for nothing.
  const known = await fetch(`${gateway.url}/v1/identity`, { headers: withBearer(token) })
  expect(known.status).toBe(200)
  await until('no stream is open', () => daemon.tunnel?.status.open_streams === 0)
  const outgoing = httpRequest(`${gateway.url}/v1/tokens/self/rotate`, {
    method: 'POST',
    headers: {
      ...withBearer(token),
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    },
  })
  // The gateway waits for a small announced body; one in chunks it passes on as it comes.
  outgoing.flushHeaders()
  await until('home has the head', () => daemon.tunnel?.status.open_streams === 1)
  await daemon.access.accounts.revokeToken(tokenId)
  expect((await daemon.access.edge.settled()).state).toBe('applied')
  const answered = once(outgoing, 'response')
  outgoing.end('{}')
  const [answer] = (await answered) as [IncomingMessage]
  answer.resume()
  const live = daemon.store.tokensOf(account).filter(({ revoked_at }) => revoked_at === null)
  expect([answer.statusCode, live]).toEqual([401, []])
})
