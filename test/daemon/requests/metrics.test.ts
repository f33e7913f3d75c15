import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ROUTE_ACCESS } from '../../../protocol/http/route-access.ts'
import { aDaemon, aDraft, sendRaw, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'
import {
  type ParsedFamily,
  type ParsedSample,
  parsePrometheus,
} from '../../support/prometheus-text.ts'

let at: TestDaemon

beforeEach(async () => {
  at = await aDaemon()
})
afterEach(() => at[Symbol.asyncDispose]())

async function scrape(): Promise<Map<string, ParsedFamily>> {
  return parsePrometheus(await (await at.get('/metrics')).text())
}

async function samples(name: string): Promise<readonly ParsedSample[]> {
  return (await scrape()).get(name)?.samples ?? []
}

/** The value of a series with these labels, 0 if there is none. */
async function value(name: string, labels: Record<string, string> = {}): Promise<number> {
  const wanted = Object.entries(labels)
  const found = (await samples(name)).filter((sample) =>
    wanted.every(([label, text]) => sample.labels[label] === text),
  )
  return found.reduce((sum, sample) => sum + sample.value, 0)
}

describe('GET /metrics', () => {
  test('is text of version 0.0.4, in which every family is well-formed', async () => {
    const answer = await at.get('/metrics')
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const families = parsePrometheus(await answer.text())
    for (const [name, { help }] of families) {
      expect(name).toMatch(/^(?:spl|process|nodejs)_[a-z_]+$/)
      expect(help).toMatch(/^.+\.$/)
    }
    expect([...families.keys()].filter((name) => name.startsWith('spl_tunnel'))).toEqual([])
  })

  test('takes a bearer with config:read, and no other', async () => {
    expect((await fetch(`${at.base}/metrics`)).status).toBe(401)
    const status = async (token: string) =>
      (await at.get('/metrics', { authorization: `Bearer ${token}` })).status
    expect(await status(await at.tokenWith('config:read'))).toBe(200)
    expect(await status(await at.tokenWith('records:read', 'config:write'))).toBe(403)
  })

  test('counts requests by way, method, pattern and class', async () => {
    await at.get('/v1/threads')
    await at.get('/v1/threads')
    await at.get('/v1/records/nothing')
    await fetch(`${at.base}/v1/threads`)
    const count = (labels: Record<string, string>) => value('spl_http_requests_total', labels)
    const threads = { via: 'loopback', method: 'GET', route: '/v1/threads' }
    expect(await count({ ...threads, status: '2xx' })).toBe(2)
    expect(await count({ ...threads, status: '4xx' })).toBe(1)
    expect(await count({ route: '/v1/records/{id}', status: '4xx' })).toBe(1)
    const durations = 'spl_http_request_duration_seconds'
    const all = await samples(durations)
    const ofThreads = all.filter(({ labels }) => labels['route'] === '/v1/threads')
    const countOf = ofThreads.find(({ name }) => name === `${durations}_count`)
    const sum = ofThreads.find(({ name }) => name === `${durations}_sum`)
    expect(countOf?.value).toBe(3)
    expect(sum?.value).toBeGreaterThan(0)
    expect(sum?.value).toBeLessThan(5)
  })

  test('has few series, for all that clients send', async () => {
    const { port } = at.daemon.addresses.tcp
    await at.get('/')
    await at.get('/v1/threads/th_a/records')
    const before = (await samples('spl_http_requests_total')).length
    for (let count = 0; count < 100; count += 1) {
      await at.get(`/nothing/${count}?q=${count}`)
      await at.get(`/v1/threads/th_${count}/records`)
    }
    for (const method of ['PUT', 'PATCH', 'PROPFIND', 'M-SEARCH', 'PURGE', 'MKCOL']) {
      await sendRaw(port, `${method} /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    }
    for (const method of ['BREW', 'GET"} 1\nx 1', 'a'.repeat(99)]) {
      const refusal = new Response(null, { status: 400 })
      at.daemon.app.refused({ method, target: '/x' }, { via: 'tunnel' }, refusal)
    }
    const after = await samples('spl_http_requests_total')
    // PATCH and OTHER on loopback, OTHER through the tunnel, and /metrics itself with its second scrape.
    expect(after.length).toBeLessThanOrEqual(before + 4)
    const patterns = new Set(Object.keys(ROUTE_ACCESS).map((route) => route.split(' ')[1]))
    for (const { labels } of after) {
      expect(patterns.has(labels['route']) || labels['route'] === 'unmatched').toBe(true)
      expect(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'OTHER']).toContain(
        labels['method'],
      )
    }
  })

  test('shows what is under way, and nothing once it is over', async () => {
    // The scrape itself is under way while it is answered.
    expect(await value('spl_http_requests_in_progress')).toBe(1)
    const reader = new EventReader(await at.get('/v1/sync/subscribe'))
    await reader.upTo('ready')
    expect(await value('spl_http_event_streams', { via: 'loopback' })).toBe(1)
    expect(await value('spl_http_requests_in_progress')).toBe(2)
    await reader.cancel()
    await vi.waitFor(async () => expect(await value('spl_http_event_streams')).toBe(0))
    const headers = { authorization: `Bearer ${at.bearer}` }
    await fetch(`${at.base}/v1/sync/subscribe`, { method: 'HEAD', headers })
    expect(await value('spl_http_event_streams')).toBe(0)
    expect(await value('spl_http_requests_in_progress')).toBe(1)
    expect(await value('spl_http_requests_unfinished_total', { outcome: 'cancelled' })).toBe(1)
    const durations = await samples('spl_http_request_duration_seconds')
    // How long a stream was open says nothing about the daemon.
    expect(durations.map(({ labels }) => labels['route'])).not.toContain('/v1/sync/subscribe')
  })

  test('tells of the store', async () => {
    const before = await value('spl_store_records')
    const commits = await value('spl_store_commits_total')
    await at.daemon.store.append(aDraft())
    await at.daemon.store.append(aDraft())
    expect(await value('spl_store_records')).toBe(before + 2)
    expect(await value('spl_store_head_sequence')).toBe(at.daemon.store.head())
    expect(await value('spl_store_commits_total')).toBe(commits + 2)
    expect(await value('spl_store_writable')).toBe(1)
  })

  test('tells of the process', async () => {
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
    const startedAt = await value('process_start_time_seconds')
    expect(startedAt).toBeLessThan(Date.now() / 1000)
    expect(startedAt).toBeGreaterThan(Date.now() / 1000 - 3_600)
    const [info] = await samples('spl_build_info')
    expect(info?.labels).toEqual({ version: expect.any(String), node: process.versions.node })
  })

  test('counts bytes of bodies both ways', async () => {
    const body = JSON.stringify({ thread: 'th_x', act: 'DO', actor: 'did:sync:user:ada', body: {} })
    const before = await value('spl_http_request_body_bytes_total')
    const answer = await at.post('/v1/records', body)
    expect(answer.status).toBe(201)
    const sent = await value('spl_http_request_body_bytes_total', { via: 'loopback' })
    expect(sent - before).toBe(body.length)
    expect(await value('spl_http_response_body_bytes_total')).toBeGreaterThan(body.length)
  })

  test('holds no secret', async () => {
    await at.get(`/v1/tokens/${at.bearer}`)
    await at.get('/v1/threads/th_SuperSecret/records?x=SuperSecret')
    const text = await (await at.get('/metrics')).text()
    expect(text).not.toContain('SuperSecret')
    expect(text).not.toContain('spl_prod')
    expect(text).not.toMatch(/sa_[0-9a-z]{8}/)
  })
})
