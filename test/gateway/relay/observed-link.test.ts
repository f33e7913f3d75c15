import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDaemon, type Daemon } from '../../../local-daemon/daemon.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import type { RequestLine } from '../../../local-daemon/requests/request-line.ts'
import type { LinkReport } from '../../../local-daemon/edge/link-report.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { aDraft, aHome } from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'
import { parsePrometheus } from '../../support/prometheus-text.ts'
import { until } from '../../support/until.ts'

let home: HomeWithIdentity
let gateway: Gateway
let daemon: Daemon

beforeAll(async () => {
  home = aHomeWithIdentity()
  gateway = await startGateway({ ownerDid: home.ownerDid, directory: join(home.path, 'gateway') })
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

const ask = (path: string, init: RequestInit = {}, bearer = daemon.adminBearer ?? '') =>
  fetch(gateway.url + path, {
    ...init,
    headers: { authorization: `Bearer ${bearer}`, ...(init.headers as Record<string, string>) },
  })
const atHome = (path: string) =>
  fetch(`http://127.0.0.1:${daemon.addresses.tcp.port}${path}`, {
    headers: { authorization: `Bearer ${daemon.adminBearer}` },
  })

async function link(): Promise<LinkReport> {
  return (await (await atHome('/v1/tunnel')).json()) as LinkReport
}

/** Lines of requests that came through the tunnel. */
async function lines(): Promise<RequestLine[]> {
  const reader = new EventReader(await atHome('/v1/tunnel/log'))
  const events = await reader.upTo('ready')
  await reader.cancel()
  return events.flatMap((seen) =>
    'event' in seen && seen.event === 'request' ? [JSON.parse(seen.data) as RequestLine] : [],
  )
}

async function lineWith(id: string | null): Promise<RequestLine> {
  let line: RequestLine | undefined
  await until(`there is a line of ${id}`, async () => {
    line = (await lines()).find(({ request_id }) => request_id === id)
    return line !== undefined
  })
  return line as RequestLine
}

describe('one request id', () => {
  test('is in the gateway’s answer, the envelope and the line at home', async () => {
    const answer = await ask('/v1/records/nothing')
    const id = answer.headers.get('x-request-id')
    const { request_id, hop } = (await answer.json()) as { request_id: string; hop: string }
    expect([request_id, hop]).toEqual([id, 'daemon'])
    expect(await lineWith(id)).toMatchObject({
      via: 'tunnel',
      path: '/v1/records/nothing',
      route: '/v1/records/{id}',
      status: 400,
      outcome: 'whole',
    })
  })

  test('is the gateway’s own, even if a client sends one', async () => {
    const answer = await ask('/v1/threads', { headers: { 'x-request-id': 'chosen' } })
    const id = answer.headers.get('x-request-id')
    expect(id).not.toBe('chosen')
    expect((await lineWith(id)).path).toBe('/v1/threads')
    expect((await lines()).map(({ request_id }) => request_id)).not.toContain('chosen')
  })

  test('leaves nothing in a record that is appended', async () => {
    const record = { thread: 'th_id', actor: 'did:sync:user:ada', act: 'DO', body: {}, clock: 0 }
    const answer = await ask('/v1/records', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(record),
    })
    const id = answer.headers.get('x-request-id') ?? ''
    const text = await answer.text()
    const line = await lineWith(id)
    expect(line).toMatchObject({
      method: 'POST',
      status: 201,
      bytes_in: JSON.stringify(record).length,
      bytes_out: text.length,
    })
    expect(text).not.toContain(id)
    expect(Object.keys(JSON.parse(text) as object).toSorted()).toEqual(
      ['object', 'id', 'parents', 'thread', 'actor', 'act', 'body', 'clock', 'data_type']
        .concat('judged_by', 'origin', 'sig')
        .toSorted(),
    )
  })

  test('is on the only line of a WebSocket request to a path without one', async () => {
    const asked = request(`${gateway.url}/v1/threads`, {
      headers: {
        authorization: `Bearer ${daemon.adminBearer}`,
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    asked.end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.resume()
    expect(answer.statusCode).toBe(426)
    const id = answer.headers['x-request-id'] as string
    expect(await lineWith(id)).toMatchObject({
      via: 'tunnel',
      path: '/v1/threads',
      status: 426,
      account: expect.stringMatching(/^sa_/) as string,
    })
    expect((await lines()).filter(({ request_id }) => request_id === id)).toHaveLength(1)
  })
})

describe('an event stream through the gateway', () => {
  test('is open while it is read, and a line once it is over', async () => {
    const before = (await link()).subscribers
    const events = new EventReader(await ask('/v1/sync/subscribe?thread=th_open'))
    await events.upTo('ready')
    await until('it is in its group', async () => (await link()).subscribers === before + 1)
    const id = events.response.headers.get('x-request-id')
    expect((await lines()).map(({ request_id }) => request_id)).not.toContain(id)
    await events.cancel()
    await until('nothing is open', async () => {
      await daemon.store.append(aDraft({ thread: 'th_open' }))
      return (await link()).subscribers === before
    })
    const line = await lineWith(id)
    expect(line).toMatchObject({ path: '/v1/sync/subscribe', status: 200, outcome: 'cancelled' })
    expect(line.bytes_out).toBeGreaterThan(20)
  })
})

describe('GET /v1/tunnel', () => {
  test('tells how the link is', async () => {
    await until('a ping was answered', async () => (await link()).round_trip_ms !== null)
    await until('the policy is kept', async () => {
      const { policy } = await link()
      return policy.acknowledged !== null && policy.acknowledged === policy.sent
    })
    const before = await link()
    expect(before).toMatchObject({
      object: 'tunnel',
      configured: true,
      state: 'connected',
      gateway_url: gateway.url,
      last_error: null,
      reconnects: 0,
    })
    expect(before.generation).toBeGreaterThan(0)
    expect(before.since).toBeLessThanOrEqual(Date.now())
    expect(before.last_connected_at).toBeLessThanOrEqual(Date.now())
    expect(before.last_connected_at).toBeGreaterThan(Date.now() - 60_000)
    expect(before.round_trip_ms).toBeGreaterThan(0)
    expect(before.round_trip_ms).toBeLessThan(5_000)
    await (await ask('/v1/threads')).text()
    const after = await link()
    expect(after.requests).toBe(before.requests + 1)
    expect(after.bytes_in).toBeGreaterThan(before.bytes_in + 50)
    expect(after.bytes_out).toBeGreaterThan(before.bytes_out + 50)
  })

  test('and its metrics', async () => {
    const families = parsePrometheus(await (await atHome('/metrics')).text())
    const value = (name: string) => families.get(name)?.samples[0]?.value
    const now = await link()
    expect(value('spl_tunnel_connected')).toBe(1)
    expect(value('spl_tunnel_reconnects_total')).toBe(0)
    expect(value('spl_tunnel_requests_total')).toBe(now.requests)
    expect(value('spl_tunnel_round_trip_seconds')).toBeCloseTo((now.round_trip_ms ?? 0) / 1000)
    expect(value('spl_tunnel_received_bytes_total')).toBeGreaterThan(0)
    expect(value('spl_edge_policy_acknowledged_version')).toBe(now.policy.acknowledged)
    const requests = families.get('spl_http_requests_total')?.samples ?? []
    expect(requests.filter(({ labels }) => labels['via'] === 'tunnel')).not.toEqual([])
  })

  test('answers outside with the scope alone, as the metrics and the log do', async () => {
    const { accounts } = daemon.access
    const tokenOf = async (scope: 'records:read' | 'config:read') => {
      const { token } = await accounts.createWithToken({ name: scope, scopes: [scope] }, null)
      await daemon.access.edge.settled()
      return token
    }
    const [reader, config] = [await tokenOf('records:read'), await tokenOf('config:read')]
    const status = async (path: string, bearer: string) => (await ask(path, {}, bearer)).status
    expect(await status('/v1/tunnel', reader)).toBe(403)
    expect(await status('/metrics', reader)).toBe(403)
    expect(await status('/v1/tunnel', config)).toBe(200)
    expect(await status('/metrics', config)).toBe(200)
    expect(await status('/v1/tunnel/log', config)).toBe(403)
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401)
  })
})

test('a gateway that comes back is a reconnect, and no line is lost', async () => {
  const before = await link()
  await gateway.stop()
  await until('the link is lost', async () => (await link()).state !== 'connected')
  const away = await link()
  expect(away).toMatchObject({
    generation: null,
    round_trip_ms: null,
    policy: { sent: null, acknowledged: null },
  })
  expect(away.last_connected_at).toBe(before.last_connected_at)
  await until('there is a reason', async () => (await link()).last_error !== null)
  const families = parsePrometheus(await (await atHome('/metrics')).text())
  expect(families.get('spl_tunnel_connected')?.samples[0]?.value).toBe(0)
  expect(families.get('spl_tunnel_round_trip_seconds')?.samples).toEqual([])
  const kept = await lines()
  gateway = await startGateway({
    ownerDid: home.ownerDid,
    directory: join(home.path, 'gateway'),
    port: Number(new URL(gateway.url).port),
  })
  await until('it is back', async () => (await link()).state === 'connected')
  const back = await link()
  expect(back.reconnects).toBe(before.reconnects + 1)
  expect(back.last_connected_at).toBeGreaterThan(before.last_connected_at ?? 0)
  expect(back.requests).toBeGreaterThanOrEqual(before.requests)
  expect((await lines()).slice(0, kept.length)).toEqual(kept)
})

test('without a gateway the link is not configured', async () => {
  using elsewhere = aHome()
  const logger = pino({ level: 'silent' })
  await using alone = await startDaemon({ home: elsewhere.path, port: 0, logger })
  const answer = await fetch(`http://127.0.0.1:${alone.addresses.tcp.port}/v1/tunnel`, {
    headers: { authorization: `Bearer ${alone.adminBearer}` },
  })
  expect(await answer.json()).toEqual({ object: 'tunnel', configured: false })
})
