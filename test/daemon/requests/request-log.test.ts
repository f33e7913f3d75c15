import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { REQUEST_LIMITS } from '../../../local-daemon/requests/limits.ts'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import type { RequestLine } from '../../../local-daemon/requests/request-line.ts'
import {
  ADA,
  aDaemon,
  aDraft,
  overSocket,
  sendRaw,
  type TestDaemon,
} from '../../support/daemon/a-daemon.ts'
import { EventReader, type SeenEvent } from '../../support/clients/events.ts'

let at: TestDaemon

beforeEach(async () => {
  at = await aDaemon()
})
afterEach(() => at[Symbol.asyncDispose]())

function linesOf(events: readonly SeenEvent[]): RequestLine[] {
  return events.flatMap((seen) =>
    'event' in seen && seen.event === 'request' ? [JSON.parse(seen.data) as RequestLine] : [],
  )
}

async function follow(query = 'via=all', headers: Record<string, string> = {}) {
  return new EventReader(await at.get(`/v1/tunnel/log?${query}`, headers))
}

/** What the log holds now. */
async function lines(query?: string): Promise<RequestLine[]> {
  const reader = await follow(query)
  const events = await reader.upTo('ready')
  await reader.cancel()
  return linesOf(events)
}

/** The newest line of a path, once there is one: a stream's is written when it has ended. */
function lineOf(path: string): Promise<RequestLine> {
  return vi.waitFor(async () => {
    const line = (await lines()).findLast((candidate) => candidate.path === path)
    if (line === undefined) throw new Error(`no line of ${path}`)
    return line
  })
}

describe('a line of the log', () => {
  test('says what was asked, by whom, and how it was answered', async () => {
    const before = Date.now()
    const token = await at.tokenWith('records:write')
    const body = JSON.stringify({ thread: 'th_tea', act: 'DO', actor: ADA, body: { text: 'ö' } })
    const answer = await at.post('/v1/records', body, {
      authorization: `Bearer ${token}`,
      'x-syncropel-actor': ADA,
    })
    const content = await answer.text()
    const line = await lineOf('/v1/records')
    expect(line).toEqual({
      time: expect.any(Number) as number,
      request_id: answer.headers.get('x-request-id'),
      via: 'loopback',
      method: 'POST',
      path: '/v1/records',
      route: '/v1/records',
      status: 201,
      outcome: 'whole',
      duration_ms: expect.any(Number) as number,
      bytes_in: Buffer.byteLength(body),
      bytes_out: Buffer.byteLength(content),
      account: token.slice(0, token.lastIndexOf('_')).replace('spl_prod_', ''),
      actor: ADA,
    })
    expect(line.time).toBeGreaterThanOrEqual(before)
    expect(line.time).toBeLessThanOrEqual(Date.now())
    expect(line.duration_ms).toBeGreaterThan(0)
    expect(line.duration_ms).toBeLessThan(5_000)
  })

  test.each([
    ['the socket', '/v1/threads', { via: 'socket', account: 'owner', status: 200 }],
    ['nobody', '/health', { via: 'loopback', account: 'anonymous', status: 200 }],
    ['a bad bearer', '/v1/threads', { via: 'loopback', account: 'anonymous', status: 401 }],
    ['a proxy', '/v1/threads', { via: 'proxy', account: 'anonymous', status: 421 }],
  ])('says how it came in: %s', async (who, path, expected) => {
    if (who === 'the socket') await overSocket(at.daemon.addresses.socket, path)
    else {
      const headers: Record<string, string> = {}
      if (who === 'a bad bearer') headers['authorization'] = 'Bearer spl_prod_x_y'
      if (who === 'a proxy') headers['forwarded'] = 'for=203.0.113.7'
      const answer = await fetch(at.base + path, { headers })
      if (who === 'a proxy') expected = { ...expected, status: answer.status }
    }
    expect(await lineOf(path)).toMatchObject({ ...expected, path })
  })

  test.each([
    ['GET', '/v1/records/nothing', '/v1/records/{id}', 400],
    ['GET', '/nothing', 'unmatched', 404],
    ['DELETE', '/v1/threads', 'unmatched', 405],
    ['HEAD', '/health', '/health', 200],
  ])('%s %s has the route %s', async (method, path, route, status) => {
    const headers = { authorization: `Bearer ${at.bearer}` }
    const answer = await fetch(at.base + path, { method, headers })
    const content = await answer.text()
    expect(await lineOf(path)).toMatchObject({
      method,
      route,
      status,
      outcome: 'whole',
      bytes_out: Buffer.byteLength(content),
    })
  })

  test('is written for HEAD of an event stream too, whose body is never read', async () => {
    const headers = { authorization: `Bearer ${at.bearer}` }
    await fetch(`${at.base}/v1/sync/subscribe`, { method: 'HEAD', headers })
    const line = await lineOf('/v1/sync/subscribe')
    expect(line).toMatchObject({ method: 'HEAD', outcome: 'whole', bytes_out: 0 })
  })

  test('is written for what is refused before it is routed', async () => {
    await sendRaw(
      at.daemon.addresses.tcp.port,
      'GET /a/../b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    await sendRaw(
      at.daemon.addresses.tcp.port,
      'GET /host HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    )
    expect(await lineOf('/a/../b')).toMatchObject({ status: 400, route: 'unmatched' })
    expect(await lineOf('/host')).toMatchObject({ status: 421, route: 'unmatched' })
  })

  test('has the id of the answer and of its envelope', async () => {
    const answer = await at.get('/v1/records/nothing')
    const envelope = (await answer.json()) as { request_id: string }
    expect(envelope.request_id).toBe(answer.headers.get('x-request-id'))
    expect((await lineOf('/v1/records/nothing')).request_id).toBe(envelope.request_id)
  })
})

describe('a streamed answer', () => {
  test('is logged when it has ended, with its bytes', async () => {
    for (let count = 0; count < 300; count += 1) {
      void at.daemon.store.append(aDraft({ body: { text: 'x'.repeat(500) } }))
    }
    await at.daemon.store.append(aDraft())
    const answer = await at.get('/v1/records?thread=th_test&limit=1000')
    const content = await answer.text()
    expect(content.length).toBeGreaterThan(2 * STORE_LIMITS.pageBytes)
    expect(await lineOf('/v1/records')).toMatchObject({
      status: 200,
      outcome: 'whole',
      bytes_out: Buffer.byteLength(content),
    })
  })

  test('whose reader leaves is cancelled', async () => {
    const reader = new EventReader(await at.get('/v1/sync/subscribe'))
    await reader.upTo('ready')
    expect((await lines()).map(({ path }) => path)).not.toContain('/v1/sync/subscribe')
    await reader.cancel()
    const line = await lineOf('/v1/sync/subscribe')
    expect(line).toMatchObject({ status: 200, outcome: 'cancelled' })
    expect(line.bytes_out).toBeGreaterThan(20)
  })

  test('that the daemon ends is whole', async () => {
    const token = await at.tokenWith('records:read')
    const headers = { authorization: `Bearer ${token}` }
    const reader = new EventReader(await at.get('/v1/sync/subscribe', headers))
    await reader.upTo('ready')
    const id = token.slice(0, token.lastIndexOf('_')).replace('spl_prod_', '')
    await at.daemon.access.accounts.revokeAccount(id, null)
    await reader.rest()
    expect(await lineOf('/v1/sync/subscribe')).toMatchObject({ outcome: 'whole', account: id })
  })

  test('that the daemon has to cut has failed', async () => {
    for (let count = 0; count < 4_000; count += 1) {
      void at.daemon.store.append(aDraft({ body: { text: 'x'.repeat(4_000) } }))
    }
    await at.daemon.store.append(aDraft())
    const token = await at.tokenWith('records:read')
    const id = token.slice(0, token.lastIndexOf('_')).replace('spl_prod_', '')
    const headers = { authorization: `Bearer ${token}` }
    const asked = httpRequest(`${at.base}/v1/sync/changes?limit=5000`, { headers })
    asked.end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.pause()
    await at.daemon.access.accounts.revokeAccount(id, null)
    answer.on('error', () => {})
    answer.resume()
    await new Promise((resolve) => answer.once('close', resolve))
    const line = await lineOf('/v1/sync/changes')
    expect(line).toMatchObject({ status: 200, outcome: 'failed', account: id })
    expect(line.bytes_out).toBeGreaterThan(0)
  })
})

describe('what a client chooses', () => {
  test('never brings a query, a ticket, an invite or a bearer into the log', async () => {
    const secrets = ['spt_Tick3t', 'spi_Inv1te', 'SuperSecret', at.bearer.split('_').at(-1) ?? '']
    await at.get('/v1/sync/subscribe?ticket=spt_Tick3t&ticket=spt_Tick3t', { authorization: '' })
    await at.get('/v1/records?thread=SuperSecret')
    await at.get(`/v1/tokens/${at.bearer}`)
    await at.get(`/v1/tokens/%73pl_prod_sa_x_SuperSecret`)
    await at.get('/v1/invites/spi_Inv1te')
    await at.post('/v1/invites/redeem', {}, { authorization: 'Bearer spi_Inv1te' })
    await at.post('/v1/records', { text: 'SuperSecret' })
    const reader = await follow()
    const text = JSON.stringify(await reader.upTo('ready'))
    await reader.cancel()
    expect(text).toContain('/v1/tokens/[secret]')
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })

  test('cannot forge a line, or reach a terminal', async () => {
    const { port } = at.daemon.addresses.tcp
    const evil = 'GET /a\u001B[2J\u009B1m%0Aevent:request%0Adata:{} HTTP/1.1\r\n'
    await sendRaw(port, `${evil}Host: localhost\r\nConnection: close\r\n\r\n`)
    at.daemon.app.refused(
      { method: 'GET\n\u001B[2J', target: '/x\n\nevent: request\ndata: {"path":"/forged"}\n\n' },
      { via: 'tunnel', requestId: 'id\n\nevent: forged\n\n' },
      new Response(null, { status: 400 }),
    )
    const reader = await follow()
    const events = await reader.upTo('ready')
    await reader.cancel()
    expect(linesOf(events).map(({ path }) => path)).not.toContain('/forged')
    expect(events.map((seen) => ('event' in seen ? seen.event : seen.comment))).not.toContain(
      'forged',
    )
    for (const line of linesOf(events)) {
      for (const text of [line.path, line.method, line.request_id]) {
        expect(text).toMatch(/^[!-~\uFFFD]+$/)
      }
    }
  })

  test('is cut where it is long', async () => {
    await at.get(`/${'a'.repeat(10_000)}`)
    const [line] = (await lines()).filter(({ path }) => path.startsWith('/aaa'))
    expect(line?.path).toBe(`/${'a'.repeat(REQUEST_LIMITS.requestLogPath - 1)}…`)
  })
})

describe('the log', () => {
  test('tells of the tunnel unless told otherwise', async () => {
    await at.get('/health')
    await overSocket(at.daemon.addresses.socket, '/health')
    expect(await lines('')).toEqual([])
    const here = await lines('via=loopback')
    expect(here.map(({ path }) => path)).toContain('/health')
    expect(here.map(({ via }) => via)).not.toContain('socket')
    expect((await at.get('/v1/tunnel/log?via=moon')).status).toBe(400)
  })

  test('brings lines as they come', async () => {
    const reader = await follow()
    await reader.upTo('ready')
    for (const path of ['/one', '/two', '/three']) {
      await at.get(path)
      expect(linesOf(await reader.upTo('request')).map((line) => line.path)).toEqual([path])
    }
    await reader.cancel()
  })

  test('gives a client that comes back what it has missed, once', async () => {
    const reader = await follow()
    await reader.upTo('ready')
    await at.get('/one')
    const [seen] = await reader.upTo('request')
    await reader.cancel()
    await lineOf('/v1/tunnel/log')
    await at.get('/two')
    await at.get('/three')
    const lastEventId = (seen as { id: string }).id
    const again = await follow('via=all', { 'last-event-id': lastEventId })
    const paths = linesOf(await again.upTo('ready')).map(({ path }) => path)
    await again.cancel()
    expect(paths.filter((path) => path !== '/v1/tunnel/log')).toEqual(['/two', '/three'])
  })

  test.each(['nonsense', '0123456789ab:7', ':', '9'.repeat(5_000)])(
    'begins again for an id of another log: %s',
    async (id) => {
      await at.get('/one')
      const reader = await follow('via=all', { 'last-event-id': id })
      expect(linesOf(await reader.upTo('ready')).map(({ path }) => path)).toEqual(['/one'])
      await reader.cancel()
    },
  )

  test(`keeps ${REQUEST_LIMITS.requestLogLines} lines, and says how many are gone`, async () => {
    const reader = await follow()
    const ready = (await reader.upTo('ready')).at(-1) as { id: string }
    await reader.cancel()
    await lineOf('/v1/tunnel/log')
    const asked = REQUEST_LIMITS.requestLogLines + 50
    for (let count = 0; count < asked; count += 1) {
      at.daemon.app.refused(
        { method: 'GET', target: `/${count}` },
        { via: 'tunnel' },
        new Response(null, { status: 400 }),
      )
    }
    const again = await follow('via=tunnel', { 'last-event-id': ready.id })
    const events = await again.upTo('ready')
    await again.cancel()
    const [gap] = events.filter((seen) => 'event' in seen && seen.event === 'gap')
    const { missed } = JSON.parse((gap as { data: string }).data) as { missed: number }
    expect(missed).toBeGreaterThanOrEqual(50)
    const kept = linesOf(events)
    expect(kept.length).toBeLessThanOrEqual(REQUEST_LIMITS.requestLogLines)
    expect(kept.at(0)?.path).toBe(`/${asked - kept.length}`)
    expect(kept.at(-1)?.path).toBe(`/${asked - 1}`)
    // Whoever begins has missed nothing.
    const fresh = await follow('via=tunnel')
    expect(
      (await fresh.upTo('ready')).some((seen) => 'event' in seen && seen.event === 'gap'),
    ).toBe(false)
    await fresh.cancel()
  })

  test('ends for a token that is revoked, and says so', async () => {
    const token = await at.tokenWith('admin')
    const reader = await follow('via=all', { authorization: `Bearer ${token}` })
    await reader.upTo('ready')
    const id = token.slice(0, token.lastIndexOf('_')).replace('spl_prod_', '')
    await at.daemon.access.accounts.revokeAccount(id, null)
    const last = (await reader.rest()).at(-1)
    expect(last?.event).toBe('error')
    expect(JSON.parse(last?.data ?? '')).toMatchObject({ code: 'AUTH_REVOKED' })
  })

  test('ends when the daemon stops', async () => {
    const reader = await follow()
    await reader.upTo('ready')
    const stopped = at.daemon.stop()
    expect(await reader.rest()).toEqual([])
    await stopped
  })
})
