import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { REQUEST_LIMITS } from '../../../local-daemon/requests/limits.ts'
import { aRealHome } from '../../support/daemon/a-real-home.ts'
import { until } from '../../support/until.ts'
import { aDaemon, overSocket, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { EventReader } from '../../support/clients/events.ts'

const FORWARDED = { host: 'spl.example.com', 'x-forwarded-for': '198.51.100.7' }

/** A bearer names its account. */
function accountOf(bearer: string): string {
  return /sa_[0-9a-z]+/.exec(bearer)?.[0] ?? ''
}

/** Bytes of buffers that something still holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().arrayBuffers
}

/** `fetch` lets nobody set Host. */
function getAs(
  { base, bearer }: TestDaemon,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = request(base + path, {
      headers: { authorization: `Bearer ${bearer}`, ...headers },
      agent: false,
    })
    asked.once('error', reject)
    asked.once('response', (answer) => {
      text(answer)
        .then((body) => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(body) }))
        .catch(reject)
    })
    asked.end()
  })
}

async function behindAProxy(settings: Record<string, unknown> = {}): Promise<TestDaemon> {
  const daemon = await aDaemon()
  for (const [key, value] of Object.entries({ allowed_hosts: ['spl.example.com'], ...settings })) {
    expect((await daemon.post(`/v1/config/${key}`, { value })).status).toBe(200)
  }
  return daemon
}

describe('GET /v1/connection', () => {
  test('over loopback without a proxy', async () => {
    await using daemon = await aDaemon()
    expect(await (await daemon.get('/v1/connection')).json()).toEqual({
      object: 'connection',
      via: 'loopback',
      client_address: null,
      host: new URL(daemon.base).host,
      scheme: 'http',
      forwarded: [],
      peer_trusted: null,
      time: expect.any(Number),
    })
  })

  test('over the socket it needs no bearer, and there is no scheme', async () => {
    await using daemon = await aDaemon()
    const { text: body } = await overSocket(daemon.daemon.addresses.socket, '/v1/connection')
    expect(JSON.parse(body)).toMatchObject({ via: 'socket', scheme: null, peer_trusted: null })
  })

  test('of a proxy that is not trusted, nothing that it says counts', async () => {
    await using daemon = await behindAProxy()
    const headers = { ...FORWARDED, 'x-forwarded-proto': 'https' }
    expect((await getAs(daemon, '/v1/connection', headers)).body).toMatchObject({
      via: 'proxy',
      client_address: null,
      host: 'spl.example.com',
      scheme: null,
      forwarded: ['x-forwarded-for', 'x-forwarded-proto'],
      peer_trusted: false,
    })
  })

  test('of a trusted one the rightmost address counts, and the scheme', async () => {
    await using daemon = await behindAProxy({ trusted_proxies: ['127.0.0.1'] })
    const headers = {
      ...FORWARDED,
      'x-forwarded-for': '203.0.113.66, 198.51.100.7',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.66',
    }
    expect((await getAs(daemon, '/v1/connection', headers)).body).toMatchObject({
      client_address: '198.51.100.7',
      scheme: 'https',
      forwarded: ['forwarded', 'x-forwarded-for', 'x-forwarded-proto'],
      peer_trusted: true,
    })
    const odd = { ...headers, 'x-forwarded-proto': 'javascript' }
    expect((await getAs(daemon, '/v1/connection', odd)).body).toMatchObject({ scheme: null })
  })

  test('holds no secret, and only the name of an unknown header', async () => {
    await using daemon = await behindAProxy()
    const { body } = await getAs(daemon, '/v1/connection', { ...FORWARDED, 'x-secret': 'hush' })
    const said = JSON.stringify(body)
    expect(said).not.toContain('hush')
    expect(said).not.toContain('198.51.100.7')
    expect(said).not.toContain(daemon.bearer.slice(-20))
  })
})

describe('GET /v1/connection/events', () => {
  test('sends as many events as were asked for, apart, and ends', async () => {
    await using daemon = await aDaemon()
    const path = '/v1/connection/events?count=3&interval_ms=80'
    const events = await new EventReader(await daemon.get(path)).rest()
    const told = events.map(({ event, id, data }) => ({ event, id, ...JSON.parse(data) }))
    expect(told).toMatchObject(
      [1, 2, 3].map((seq) => ({ event: 'probe', id: undefined, seq, of: 3 })),
    )
    const [first, , third] = told as { time: number }[]
    expect((third?.time ?? 0) - (first?.time ?? 0)).toBeGreaterThanOrEqual(150)
  })

  test.each(['count=0', 'count=11', 'count=x', 'interval_ms=0', 'interval_ms=1001', 'count=1.5'])(
    'refuses %s',
    async (query) => {
      await using daemon = await aDaemon()
      const answer = await daemon.get(`/v1/connection/events?${query}`)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        code: 'INVALID_REQUEST',
        field: query.split('=')[0],
      })
    },
  )

  test('ends early when its bearer is revoked', async () => {
    await using daemon = await aDaemon()
    const bearer = await daemon.tokenWith('records:read')
    const headers = { authorization: `Bearer ${bearer}` }
    const path = '/v1/connection/events?count=10&interval_ms=1000'
    const reader = new EventReader(await daemon.get(path, headers))
    await reader.next()
    await daemon.daemon.access.accounts.revokeAccount(accountOf(bearer), null)
    expect((await reader.rest()).length).toBeLessThan(9)
  })

  test('ends at once when the daemon stops', async () => {
    const daemon = await aDaemon()
    const path = '/v1/connection/events?count=10&interval_ms=1000'
    const reader = new EventReader(await daemon.get(path))
    await reader.next()
    const started = performance.now()
    await daemon[Symbol.asyncDispose]()
    await reader.rest().catch(() => {})
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  test('through the gateway it ends as well, and is not resumed', async () => {
    await using home = await aRealHome()
    const answer = await home.ask('/v1/connection/events?count=3&interval_ms=50')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(await new EventReader(answer).rest()).toHaveLength(3)
    await until('no stream is open', () => home.daemon().tunnel?.status.open_streams === 0)
    const connection = await (await home.ask('/v1/connection')).json()
    expect(connection).toMatchObject({
      via: 'tunnel',
      host: home.gateway.authority,
      scheme: 'http',
    })
  })
})

describe('POST /v1/connection/upload', () => {
  const octets = { 'content-type': 'application/octet-stream' }
  function upload(
    { base, bearer }: Pick<TestDaemon, 'base' | 'bearer'>,
    body: RequestInit['body'],
    headers: Record<string, string> = octets,
  ) {
    return fetch(`${base}/v1/connection/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, ...headers },
      body,
      duplex: 'half',
    } as RequestInit)
  }

  test('tells bytes and hash of what arrived, and keeps nothing', async () => {
    await using daemon = await aDaemon()
    const body = randomBytes(3_000_000)
    const head = async () =>
      (await (await daemon.get('/v1/sync/changes?since=now')).json()) as object
    const before = await head()
    const answer = await upload(daemon, body)
    expect(await answer.json()).toEqual({
      object: 'upload',
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
    })
    expect(await head()).toEqual(before)
  })

  test('an empty body is one too', async () => {
    await using daemon = await aDaemon()
    expect(await (await upload(daemon, new Uint8Array())).json()).toMatchObject({ bytes: 0 })
  })

  test('refuses what a page can send without a preflight', async () => {
    await using daemon = await aDaemon()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await upload(daemon, 'tea', { 'content-type': type })
      expect(await answer.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    }
  })

  test('refuses more than its limit before it has come', async () => {
    await using daemon = await aDaemon()
    const { port } = new URL(daemon.base)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      `POST /v1/connection/upload HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${daemon.bearer}\r\n` +
        `content-type: application/octet-stream\r\ncontent-length: ${HTTP_LIMITS.probeUploadBytes + 1}\r\n\r\n`,
    )
    socket.setEncoding('utf8')
    const answer = await new Promise<string>((resolve) => socket.once('data', resolve))
    socket.destroy()
    expect(answer).toContain('BODY_TOO_LARGE')
  })

  test('refuses more than its limit when no length was announced', async () => {
    await using daemon = await aDaemon()
    const chunk = randomBytes(1024 * 1024)
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length
        controller.enqueue(chunk)
      },
    })
    const answer = await upload(daemon, endless).catch(() => undefined)
    if (answer !== undefined) expect(await answer.json()).toMatchObject({ code: 'BODY_TOO_LARGE' })
    const { probeUploadBytes } = HTTP_LIMITS
    expect(sent).toBeGreaterThan(probeUploadBytes - 64 * chunk.length)
    expect(sent).toBeLessThan(probeUploadBytes + 128 * chunk.length)
  })

  test('holds nothing of a body that is under way', async () => {
    await using daemon = await aDaemon()
    const [mebibyte, count] = [1024 * 1024, 80]
    const { port } = new URL(daemon.base)
    const socket = connect(Number(port), '127.0.0.1')
    const before = heldBytes()
    socket.write(
      `POST /v1/connection/upload HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${daemon.bearer}\r\n` +
        `content-type: application/octet-stream\r\ncontent-length: ${count * mebibyte + 1}\r\n\r\n`,
    )
    const chunk = Buffer.alloc(mebibyte)
    for (let sent = 0; sent < count; sent += 1) {
      if (!socket.write(chunk)) await once(socket, 'drain')
    }
    await until('it is let go', () => heldBytes() - before < 8 * mebibyte)
    socket.write('!')
    socket.setEncoding('utf8')
    const [answer] = (await once(socket, 'data')) as [string]
    socket.destroy()
    expect(answer).toContain(`"bytes":${count * mebibyte + 1},`)
  })

  test('an account has one upload at a time, and a broken one frees its place', async () => {
    await using daemon = await aDaemon()
    let open: ReadableStreamDefaultController<Uint8Array> | undefined
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        open = controller
        controller.enqueue(new Uint8Array(10))
      },
    })
    const first = upload(daemon, slow)
    first.catch(() => {})
    await sleep(200)
    const second = await upload(daemon, 'tea')
    expect(second.status).toBe(429)
    expect(second.headers.get('retry-after')).toBe('5')
    expect(await second.json()).toMatchObject({ code: 'RATE_LIMITED' })
    open?.error(new Error('cut'))
    await until('the place is free', async () => (await upload(daemon, 'tea')).status === 200)
  })

  test('a bearer that is revoked meanwhile gets an error that says so', async () => {
    await using daemon = await aDaemon()
    const bearer = await daemon.tokenWith('config:write')
    let open: ReadableStreamDefaultController<Uint8Array> | undefined
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        open = controller
        controller.enqueue(new Uint8Array(10))
      },
    })
    const answer = upload({ base: daemon.base, bearer }, slow)
    await sleep(200)
    await daemon.daemon.access.accounts.revokeAccount(accountOf(bearer), null)
    open?.close()
    expect(await (await answer).json()).toMatchObject({ code: 'AUTH_REVOKED' })
  })

  test('through the gateway it is held to the size of any body, said or not', async () => {
    await using home = await aRealHome()
    const target = { base: home.gateway.origin, bearer: home.bearer }
    expect((await upload(target, randomBytes(1_000_000))).status).toBe(200)
    const large = randomBytes(REQUEST_LIMITS.bodyBytes + 1)
    expect(await (await upload(target, large)).json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      hop: 'gateway',
    })
    const unsaid = new Blob([large]).stream()
    const answer = await upload(target, unsaid)
    expect(await answer.json()).toMatchObject({ code: 'BODY_TOO_LARGE', hop: 'daemon' })
  })
})
