import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CAUSES } from '../../../edge-gateway/tunnel/traffic-counts.ts'
import { scopeBits } from '../../../protocol/tunnel/edge-policy.ts'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { parsePrometheus } from '../../support/prometheus-text.ts'
import { aRealHome, type RealHome } from '../../support/daemon/a-real-home.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { METRICS_PATH, scrapeGateway } from '../../support/gateway/gateway-metrics.ts'
import { startOnMiniflare, startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { openSocket } from '../../support/clients/open-socket.ts'
import { rawTunnel } from '../../support/wire/raw-tunnel.ts'
import { send, type Answer, type Sending } from '../../support/clients/send.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { subscribe, type Subscriber } from '../../support/clients/subscriber.ts'
import { anIdentity, bearerBy, tokenIdOf } from '../../support/test-identity.ts'
import { metricTable } from '../../support/metric-table.ts'
import { until } from '../../support/until.ts'

const PAGE = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8')
/** workerd lets an object sleep after ten seconds without work; there is no way to make it sooner. */
const SLEEP_MS = 13_000
/** Longer than home's interval of pings, and by then the object sleeps. */
const PING_MS = 24_000

const token = (bearer: string, ...scopes: Scope[]) =>
  [tokenIdOf(bearer), { scopes: scopeBits(scopes) }] as const

/** Lets the owner's bearer in, with everything. */
const keepOwner = (stage: Stage) =>
  stage.keep({ tokens: Object.fromEntries([token(stage.identity.bearer, 'admin')]) })

const bytesOf = (text: string) => new TextEncoder().encode(text)

const scrape = (stage: Stage) => scrapeGateway(stage.gateway.port, stage.identity.bearer)

describe.for([
  ['workerd', startOnWorkerd],
  ['miniflare', startOnMiniflare],
] as const)('who may read the metrics of the gateway on %s', ([, start]) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await aStage(start, { observed: true })
    await keepOwner(stage)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const ask = (bearer: string | undefined, sending: Sending = {}): Promise<Answer> =>
    send(stage.gateway.port, {
      path: METRICS_PATH,
      ...sending,
      headers: [
        ...(bearer === undefined ? [] : [['authorization', `Bearer ${bearer}`] as const]),
        ...(sending.headers ?? []),
      ],
    })
  const refusal = ({ status, text }: Answer) => `${status} ${/"code":"(\w+)"/.exec(text)?.[1]}`
  /** Lines come late, and in order: with the one of this request all before it have come. */
  const untilLogged = (answer: Answer) => {
    const id = answer.header('x-request-id') ?? 'none'
    return until('the request is in the log', () =>
      stage.gateway.log.some((line) => line.includes(id)),
    )
  }
  const toObject = () => stage.gateway.log.filter((line) => line.includes('object request')).length

  test.for([
    [['config:read'], '200'],
    [['admin'], '200'],
    [['config:write', 'records:read', 'federation:manage'], '403 SCOPE_FORBIDDEN'],
    [[], '403 SCOPE_FORBIDDEN'],
  ] as const)('a bearer with %j: %s', async ([scopes, expected]) => {
    const bearer = bearerBy(stage.identity, 'sa_01jd3k7w2q')
    await stage.keep({
      tokens: Object.fromEntries([token(bearer, ...scopes), token(stage.identity.bearer, 'admin')]),
    })
    const seen = stage.app.seen.length
    const answer = await ask(bearer)
    expect(answer.status === 200 ? '200' : refusal(answer)).toBe(expected)
    expect(answer.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(stage.app.seen).toHaveLength(seen)
  })

  test('a request without a bearer that the owner signed does not even reach the object', async () => {
    await untilLogged(await ask(stage.identity.bearer))
    const before = toObject()
    expect(refusal(await ask(undefined))).toBe('401 AUTH_REQUIRED')
    expect(refusal(await ask(undefined, { method: 'POST', body: 'x' }))).toBe('401 AUTH_REQUIRED')
    expect(refusal(await ask(anIdentity().bearer))).toBe('401 AUTH_INVALID')
    expect(refusal(await ask(`${stage.identity.bearer}x`))).toBe('401 AUTH_INVALID')
    const query = `${METRICS_PATH}?access_token=${stage.identity.bearer}&ticket=x`
    expect(refusal(await ask(undefined, { path: query }))).toBe('401 AUTH_REQUIRED')
    await untilLogged(await ask(stage.identity.bearer))
    expect(toObject()).toBe(before + 1)
  })

  test('a revoked bearer is refused, and so is an expired one', async () => {
    const bearer = bearerBy(stage.identity, 'sa_01jd3k7w2q')
    expect(refusal(await ask(bearer))).toBe('401 AUTH_INVALID')
    const [id, { scopes }] = token(bearer, 'admin')
    await stage.keep({ tokens: { [id]: { scopes, expires: Math.floor(Date.now() / 1000) - 1 } } })
    expect(refusal(await ask(bearer))).toBe('401 AUTH_INVALID')
    await keepOwner(stage)
  })

  test('a bearer asks no oftener than home lets it', async () => {
    const limits = { token_per_second: 1, token_burst: 2, body_bytes: 1000 }
    const tokens = Object.fromEntries([token(stage.identity.bearer, 'admin')])
    await stage.keep({ tokens, limits })
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(stage.identity.bearer)))
    expect(answers.map(refusal)).toContain('429 RATE_LIMITED')
    await keepOwner(stage)
  })

  test('with more tokens than a policy names the gateway knows of none', async () => {
    await stage.keep({ tokens: null })
    const answer = await ask(stage.identity.bearer)
    expect(refusal(answer)).toBe('503 POLICY_MISSING')
    expect(answer.json()).toMatchObject({ hop: 'gateway', try: expect.stringContaining('revoke') })
    await keepOwner(stage)
  })

  test('HEAD says the same without a body, and a query is refused', async () => {
    const head = await ask(stage.identity.bearer, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    const get = await ask(stage.identity.bearer, {})
    expect(get.header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(head.header('content-type')).toBe(get.header('content-type'))
    expect(get.header('cache-control')).toBe('no-store')
    expect(() => parsePrometheus(get.text)).not.toThrow()
    const odd = await ask(stage.identity.bearer, { path: `${METRICS_PATH}?format=json` })
    expect([odd.status, odd.json()['field']]).toEqual([400, 'format'])
  })

  test.for(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])(
    '%s is no method of it, and not relayed either',
    async (method) => {
      const seen = stage.app.seen.length
      const answer = await ask(stage.identity.bearer, { method })
      expect(refusal(answer)).toBe('405 METHOD_NOT_ALLOWED')
      expect(answer.header('allow')).toBe('GET, HEAD')
      expect(stage.app.seen).toHaveLength(seen)
    },
  )

  test('neither an upgrade nor the wish for events makes it another answer', async () => {
    const seen = stage.app.seen.length
    const events = await ask(stage.identity.bearer, { headers: [['accept', 'text/event-stream']] })
    expect(events.header('content-type')).toContain('text/plain')
    const upgrade = await ask(stage.identity.bearer, {
      headers: [
        ['connection', 'upgrade'],
        ['upgrade', 'websocket'],
        ['sec-websocket-version', '13'],
        ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ],
    })
    expect(upgrade.status).toBe(200)
    expect(stage.app.seen).toHaveLength(seen)
  })

  test('a page may read it if its origin may call, and ask for leave', async () => {
    const tokens = Object.fromEntries([token(stage.identity.bearer, 'admin')])
    await stage.keep({ tokens, origins: ['https://good.example'] })
    const from = (origin: string, sending: Sending = {}) =>
      ask(stage.identity.bearer, {
        ...sending,
        headers: [['origin', origin], ...(sending.headers ?? [])],
      })
    const allowed = (answer: Answer) => answer.header('access-control-allow-origin')
    expect(allowed(await from('https://good.example'))).toBe('https://good.example')
    expect(allowed(await from('https://evil.example'))).toBeUndefined()
    const headers = [['access-control-request-method', 'GET']] as const
    const preflight = await from('https://good.example', { method: 'OPTIONS', headers })
    expect([preflight.status, allowed(preflight)]).toEqual([204, 'https://good.example'])
    await keepOwner(stage)
  })

  test('what only looks like the path goes home, as any other', async () => {
    for (const path of [`${METRICS_PATH}/`, `${METRICS_PATH}x`, '/.well-known/spl-gateway']) {
      expect((await ask(stage.identity.bearer, { path })).text).toBe('home')
    }
  })
})

test('before home has sent a policy, no client may', async () => {
  await using stage = await aStage(startOnWorkerd)
  const answer = await stage.send({ path: METRICS_PATH })
  expect([answer.status, answer.json()['code']]).toEqual([503, 'POLICY_MISSING'])
})

test('a stranger is counted as for every other route', async () => {
  const perMinute = { address: 1000, stranger: 2 }
  await using stage = await aStage(startOnWorkerd, { clientAddressHeader: 'x-client', perMinute })
  const headers = [['x-client', '192.0.2.7']] as const
  const statuses: number[] = []
  for (let time = 0; time < 3; time += 1) {
    statuses.push((await send(stage.gateway.port, { path: METRICS_PATH, headers })).status)
  }
  expect(statuses).toEqual([401, 401, 429])
})

describe('what is counted', () => {
  test('is exactly the traffic that came', async () => {
    await using stage = await aStage(startOnWorkerd)
    await keepOwner(stage)
    stage.app.accept('/socket', () => ({ start: () => ({ message() {}, closed() {} }) }))
    const before = await scrape(stage)
    expect(before.by('wakes_total')).toEqual({ challenge: 1 })
    expect(before.by('requests_total')).toEqual({ challenge: 1, connect: 1, metrics: 1 })
    for (let time = 0; time < 3; time += 1) await stage.send({ path: '/' })
    await stage.send({ method: 'HEAD', path: '/' })
    const big = 'x'.repeat(100_000)
    stage.app.answer('/big', async (request) => new Response(await request.text()))
    const length = [['content-length', String(big.length)]] as const
    const echo = await stage.send({ method: 'POST', path: '/big', headers: length, body: big })
    expect(echo.text).toHaveLength(big.length)
    await stage.send({ path: '/', headers: [['accept', 'text/event-stream']] })
    const socket = await openSocket(stage, '/socket')
    const closed = once(socket, 'close')
    socket.close()
    await closed
    const origin = [['origin', 'https://evil.example']] as const
    await send(stage.gateway.port, { path: '/', headers: origin })
    const unknown = bearerBy(stage.identity, 'sa_01jd3k7w2q')
    const headers = [['authorization', `Bearer ${unknown}`]] as const
    await send(stage.gateway.port, { path: '/', headers })
    await stage.idle()
    const after = await scrape(stage)
    expect(after.by('requests_total')).toEqual({
      challenge: 1,
      connect: 1,
      metrics: 2,
      plain: 6,
      events: 1,
      websocket: 1,
      cors: 1,
    })
    expect(after.by('refused_requests_total')).toEqual({ AUTH_INVALID: 1 })
    expect(after.by('wakes_total')).toEqual({ challenge: 1 })
    const more = (name: string, label?: string) =>
      after.value(name, label) - before.value(name, label)
    // One head each, and what closes the socket.
    expect(more('received_messages_total', 'daemon')).toBeGreaterThanOrEqual(7)
    expect(more('received_messages_total', 'daemon')).toBeLessThanOrEqual(12)
    expect(more('sent_messages_total')).toBeGreaterThanOrEqual(7)
    for (const name of ['received_bytes_total', 'sent_bytes_total']) {
      expect(more(name)).toBeGreaterThan(100_000)
      expect(more(name)).toBeLessThan(105_000)
    }
    expect(after.value('daemon_connected')).toBe(1)
    expect(after.value('daemon_generation')).toBe(1)
    // Home has ended them all, the WebSocket too; the last word of one may still be on its way.
    await until('none is open', async () => (await scrape(stage)).value('open_streams') === 0)
  })

  test('is no stream whose events have ended, whether its client has read them or left', async () => {
    await using stage = await aStage(startOnWorkerd)
    await keepOwner(stage)
    const headers = { 'content-type': 'text/event-stream' }
    const events = 'data: "tea"\n\n'.repeat(2_000)
    // In more than one piece: what comes whole with its head is relayed as any other answer.
    const body = () => ReadableStream.from([events.slice(0, 12), events.slice(12)].map(bytesOf))
    const answer = () => new Response(body(), { headers })
    stage.app.answer('/events', answer)
    const asked = { path: '/events', headers: [['accept', 'text/event-stream']] } as const
    for (let time = 0; time < 3; time += 1) expect((await stage.send(asked)).text).toBe(events)
    for (let time = 0; time < 3; time += 1) {
      const left = stage.open(asked)
      await left.answer
      left.request.destroy()
    }
    await until('none is open', async () => (await scrape(stage)).value('open_streams') === 0)
  })

  test('has a row in docs/appendix/metrics.md, with type, labels and help, and no other has', async () => {
    await using stage = await aStage(startOnWorkerd)
    await keepOwner(stage)
    const headers = [
      ['authorization', `Bearer ${bearerBy(stage.identity, 'sa_01jd3k7w2q')}`],
    ] as const
    // One that is refused: only then its family has a label to show.
    await send(stage.gateway.port, { path: '/', headers })
    const { families } = await scrape(stage)
    const { written, served } = metricTable('Metrics of the gateway', families)
    expect(written).toEqual(served)
    const [, part = ''] = PAGE.split('\n## Metrics of the gateway\n')
    for (const cause of CAUSES) expect(part).toContain(`\`${cause}\``)
  })

  test('goes on with the next connection, and with none it is still told', async () => {
    await using stage = await aStage(startOnWorkerd)
    await keepOwner(stage)
    await stage.send({ path: '/' })
    const since = (await scrape(stage)).value('counted_since_seconds')
    await using second = await connectHome(stage.gateway.origin, stage.identity, stage.app)
    await stage.send({ path: '/' })
    await until('the old connection is closed', () => stage.home.events.length > 1)
    await stage.home.tunnel.stop()
    await second.tunnel.stop()
    await until('both are gone', async () => {
      return (await scrape(stage)).value('daemon_connected') === 0
    })
    const held = stage.open({ path: '/' })
    await until('it is held', async () => (await scrape(stage)).value('waiting_requests') === 1)
    held.request.destroy()
    const away = await scrape(stage)
    expect(away.value('counted_since_seconds')).toBe(since)
    expect(away.value('requests_total', 'plain')).toBe(3)
    expect(away.value('requests_total', 'connect')).toBeGreaterThanOrEqual(2)
    expect(away.value('parked_requests_total')).toBe(1)
    expect(away.value('closed_sockets_total', 'daemon')).toBeGreaterThanOrEqual(2)
  })

  test('a broken message of home stops neither the count nor the one who asks for it', async () => {
    const identity = anIdentity()
    await using gateway = await startOnWorkerd({ ownerDid: identity.did })
    const home = await rawTunnel(gateway.port, identity)
    const closed = once(home, 'close')
    home.send('not a ping')
    const headers = [['authorization', `Bearer ${identity.bearer}`]] as const
    const ask = async () => (await send(gateway.port, { path: METRICS_PATH, headers })).status
    expect(await ask()).toBe(503)
    await closed
    expect(await ask()).toBe(503)
  })
})

test(
  'counts outlive a sleep; a ping wakes nothing, an event for a group exactly once (real clock, 37 s)',
  { timeout: 90_000 },
  async () => {
    await using home = await aRealHome({ observed: true })
    const made = () => home.gateway.log.filter((line) => line.includes('object constructed')).length
    const look = () => scrapeGateway(home.gateway.port, home.bearer)
    const all: Subscriber[] = []
    for (let count = 0; count < 3; count += 1) {
      all.push(await subscribe(home, '/v1/sync/subscribe?thread=th_tea'))
    }
    await until('all are in the group', () => home.daemon().tunnel?.status.subscribers === 3)
    const before = await look()
    expect([before.value('subscribers'), before.value('groups')]).toEqual([3, 1])
    // Both ends count the same bytes; home counts the answers to its pings, of which the object knows nothing.
    const { bytes_out, bytes_in = 0 } = await linkOf(home)
    expect(before.value('received_bytes_total')).toBe(bytes_out)
    expect([0, 'pong'.length]).toContain(bytes_in - before.value('sent_bytes_total'))
    await sleep(PING_MS)
    expect((await linkOf(home))['round_trip_ms']).toBeGreaterThan(0)
    expect(made()).toBe(1)
    const id = await home.append()
    await until('all have it', () => all.every(({ ids }) => ids.includes(id)))
    const after = await look()
    expect(after.by('wakes_total')).toEqual({ ...before.by('wakes_total'), daemon_message: 1 })
    expect(made()).toBe(2)
    expect(after.value('counted_since_seconds')).toBe(before.value('counted_since_seconds'))
    expect(after.value('group_frames_total') - before.value('group_frames_total')).toBe(1)
    expect(after.value('requests_total', 'events')).toBe(3)
    expect(after.value('subscribers')).toBe(3)
    await sleep(SLEEP_MS)
    // The scrape finds it asleep, and counts as what it is.
    const last = await look()
    expect(last.by('wakes_total')).toEqual({ ...after.by('wakes_total'), metrics: 1 })
    expect(last.value('received_bytes_total')).toBe(after.value('received_bytes_total'))
    for (const one of all) await one.leave()
  },
)

/** The link as the daemon sees it, asked past the gateway. */
async function linkOf(home: RealHome): Promise<Record<string, number>> {
  const { port } = home.daemon().addresses.tcp
  const headers = { authorization: `Bearer ${home.bearer}` }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/tunnel`, { headers })
  return (await answer.json()) as Record<string, number>
}
