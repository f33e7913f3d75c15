import { createHash, randomBytes } from 'node:crypto'
import { connect as connectHttp2, constants } from 'node:http2'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, open } from '../../local-daemon/cli/doctor/outside/outside.ts'
import { probeOutside } from '../../local-daemon/cli/doctor/outside/probe-outside.ts'
import { CLAIMED_ADDRESS } from '../../local-daemon/cli/doctor/outside/client-address.ts'
import { HTTP_LIMITS } from '../../local-daemon/http/limits.ts'
import { REQUEST_LIMITS } from '../../local-daemon/requests/limits.ts'
import { aDraft } from '../support/daemon/a-daemon.ts'
import { until } from '../support/until.ts'
import { ALLOWED_ORIGIN, aProxyStage, type ProxyStage, type StageOptions } from './proxy-stage.ts'

/** First byte of a stream, and each of its events: no later than this, milliseconds. */
const SOON_MS = 1_000

/** What must hold of the printed configuration, unchanged, in front of the daemon and of the gateway. */
export function proxyContract(options: Omit<StageOptions, 'spoil'>): void {
  const isGateway = options.upstream === 'gateway'
  let stage: ProxyStage
  let clock = 0
  beforeAll(async () => {
    stage = await aProxyStage(options)
  })
  afterAll(() => stage?.[Symbol.asyncDispose]())

  async function append(thread: string): Promise<string> {
    clock += 1
    const { record } = await stage.daemon().store.append(aDraft({ thread, clock }))
    return record.id
  }

  describe('requests', () => {
    test('need a bearer', async () => {
      const anonymous = await ask(stage.outside, { path: '/v1/threads', anonymous: true })
      expect(anonymous).toMatchObject({ status: 401, json: { code: 'AUTH_REQUIRED' } })
      expect(anonymous.headers['www-authenticate']).toBe('Bearer')
      const forged = { authorization: 'Bearer spl_prod_nonsense' }
      const wrong = await ask(stage.outside, { path: '/v1/threads', headers: forged })
      expect(wrong.status).toBe(401)
      expect((await ask(stage.outside, { path: '/v1/threads' })).status).toBe(200)
    })

    test('are a proxy’s, even if they claim otherwise', async () => {
      const headers = { 'content-type': 'application/json' }
      const bootstrap = await ask(stage.outside, {
        method: 'POST',
        path: '/v1/bootstrap/service-account',
        headers,
        body: '{}',
      })
      expect(bootstrap).toMatchObject({ status: 403, json: { code: 'LOCAL_ONLY' } })
      const { json } = await ask(stage.outside, { path: '/v1/connection' })
      expect(json).toMatchObject({
        via: isGateway ? 'tunnel' : 'proxy',
        host: stage.outside.origin.host,
        scheme: isGateway ? 'http' : 'https',
      })
    })

    test('show the client’s address, and not what a client claims', async () => {
      const plain = await ask(stage.outside, { path: '/v1/connection' })
      expect(plain.json['client_address']).toBe('::1')
      for (const claim of [CLAIMED_ADDRESS, `${CLAIMED_ADDRESS}, 127.0.0.1`, 'unknown', '']) {
        const claimed = await ask(stage.outside, {
          path: '/v1/connection',
          headers: {
            'x-forwarded-for': claim,
            'x-real-ip': claim,
            forwarded: `for=${claim}`,
            'cf-connecting-ip': claim,
          },
        })
        expect(claimed.json).toMatchObject({ client_address: '::1' })
      }
    })

    test('pass with a path that begins with a dot, and with every byte of it', async () => {
      const known = await ask(stage.outside, { path: '/.well-known/syncropel', anonymous: true })
      expect(known.json).toMatchObject({ object: 'capabilities_manifest' })
      const encoded = await ask(stage.outside, { path: '/v1/threads/th%2Fa%20b/records' })
      expect(encoded.json.code).not.toBe('NOT_FOUND')
      for (const path of ['//health', '/v1//threads/../threads', '/health/%2e%2e/health']) {
        const answer = await ask(stage.outside, { path })
        expect([path, answer.status]).toEqual([path, 400])
      }
    })

    test('have a bearer and a path that are long', async () => {
      const path = `/v1/records?thread=th_x&cursor=${'a'.repeat(12_000)}`
      const { json } = await ask(stage.outside, { path })
      expect(json.code).toBe('INVALID_CURSOR')
    })

    test('over plain http lead to https, without a word of the daemon', async () => {
      const origin = new URL(`http://${stage.outside.origin.hostname}:${stage.proxy.httpPort}`)
      const { status, headers } = await ask({ ...stage.outside, origin }, { path: '/v1/threads' })
      expect(status).toBe(308)
      // Caddy takes its https_port for one that a router maps to 443.
      expect(headers.location).toMatch(/^https:\/\/spl\.example\.com(?::\d+)?\/v1\/threads$/)
    })

    test('pass over HTTP/2', async () => {
      const told = await overHttp2(stage, '/v1/connection')
      expect(told.status).toBe(200)
      expect(JSON.parse(told.body)).toMatchObject({ client_address: '::1' })
    })
  })

  describe('pages of other origins', () => {
    const preflight = (origin: string) =>
      ask(stage.outside, {
        method: 'OPTIONS',
        path: '/v1/records',
        anonymous: true,
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        },
      })

    test('may call where they are allowed', async () => {
      const { status, headers } = await preflight(ALLOWED_ORIGIN)
      expect(status).toBe(204)
      expect(headers).toMatchObject({
        'access-control-allow-origin': ALLOWED_ORIGIN,
        'access-control-max-age': '600',
      })
      expect(headers['access-control-allow-headers']).toMatch(/authorization/)
      const answer = await ask(stage.outside, {
        path: '/v1/threads',
        headers: { origin: ALLOWED_ORIGIN },
      })
      expect(answer.headers['access-control-allow-origin']).toBe(ALLOWED_ORIGIN)
      expect(answer.headers.vary).toMatch(/origin/i)
    })

    test('may not where they are not', async () => {
      const { status, headers, json } = await preflight('https://evil.example')
      expect([status, json.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED'])
      expect(headers['access-control-allow-origin']).toBeUndefined()
      const answer = await ask(stage.outside, {
        path: '/v1/threads',
        headers: { origin: 'https://evil.example' },
      })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      if (!isGateway) expect(answer.status).toBe(403)
    })
  })

  describe('an event stream', () => {
    test('begins within a second and brings each event as it is sent', async () => {
      const thread = 'th_stream'
      const started = performance.now()
      const response = await open(stage.outside, {
        path: `/v1/sync/subscribe?thread=${thread}`,
        headers: { accept: 'text/event-stream' },
      })
      expect(response.headers['content-type']).toBe('text/event-stream')
      const seen: string[] = []
      const parser = createParser({
        onEvent: ({ event, data }) =>
          void seen.push(
            event === 'record' ? (JSON.parse(data) as { id: string }).id : (event ?? ''),
          ),
      })
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => parser.feed(chunk))
      response.on('error', () => {})
      await until('the stream is ready', () => seen.includes('ready'))
      expect(performance.now() - started).toBeLessThan(SOON_MS)
      for (let count = 0; count < 4; count += 1) {
        const sent = performance.now()
        const id = await append(thread)
        await until('the event has come', () => seen.includes(id))
        expect(performance.now() - sent).toBeLessThan(SOON_MS)
      }
      response.destroy()
    })

    test('of a reader that leaves ends at home', async () => {
      const response = await open(stage.outside, { path: '/v1/sync/subscribe?thread=th_leaves' })
      response.on('error', () => {})
      await until('it is open at home', async () => (await openStreams(stage)) > 0)
      response.destroy()
      // On workerd a client that left is noticed at the next comment.
      await until('it has ended at home', async () => (await openStreams(stage)) === 0, 25_000)
    }, 40_000)

    test('passes over HTTP/2, first byte within a second', async () => {
      const started = performance.now()
      const path = '/v1/connection/events?count=3&interval_ms=400'
      const { status, body, firstByteAt } = await overHttp2(stage, path)
      expect(status).toBe(200)
      expect(body.match(/event: probe/g)).toHaveLength(3)
      expect(firstByteAt - started).toBeLessThan(SOON_MS)
    })

    test('that is silent has its heartbeat', async () => {
      const response = await open(stage.outside, {
        path: '/v1/sync/subscribe?thread=th_silent',
        silenceMs: 20_000,
        signal: AbortSignal.timeout(25_000),
      })
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', () => {})
      await until('the heartbeat has come', () => /\n:/.test(body), 20_000)
      response.destroy()
    }, 40_000)
  })

  test('a WebSocket opens and brings what is appended', async () => {
    const { origin, bearer, ca, lookup } = stage.outside
    const url = new URL('/v1/sync/subscribe?thread=th_socket', origin)
    url.protocol = 'wss:'
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${bearer}` },
      perMessageDeflate: false,
      ...(ca && { ca }),
      ...(lookup && { lookup }),
    })
    const seen: { readonly event: string; readonly data: { readonly id?: string } }[] = []
    socket.on('message', (data: Buffer) => void seen.push(JSON.parse(data.toString())))
    socket.on('error', () => {})
    await until('it is ready', () => seen.some(({ event }) => event === 'ready'))
    const sent = performance.now()
    const id = await append('th_socket')
    await until('the record has come', () => seen.some(({ data }) => data?.id === id))
    expect(performance.now() - sent).toBeLessThan(SOON_MS)
    socket.terminate()
  })

  test(`an upload arrives byte for byte`, async () => {
    // The gateway holds every body to the size of a record's.
    const bytes = isGateway ? REQUEST_LIMITS.bodyBytes : HTTP_LIMITS.probeUploadBytes
    const body = randomBytes(bytes)
    const { status, json } = await ask(stage.outside, {
      method: 'POST',
      path: '/v1/connection/upload',
      headers: { 'content-type': 'application/octet-stream' },
      body,
      silenceMs: 60_000,
      signal: AbortSignal.timeout(60_000),
    })
    expect([status, json['bytes']]).toEqual([200, bytes])
    expect(json['sha256']).toBe(createHash('sha256').update(body).digest('hex'))
  }, 90_000)

  test('the probes find nothing to fix', async () => {
    const checks = await probeOutside(stage.outside)
    // Certificates of Caddy's own authority live for half a day, and a fresh one is as good as any.
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([])
    expect(checks).toHaveLength(13)
  })

  test('a daemon that is away is said to be, and found again', async () => {
    await stage.stopDaemon()
    const away = await ask(stage.outside, { path: '/health', anonymous: true })
    expect(away.status).toBe(isGateway ? 503 : 502)
    await stage.startDaemon()
    await until('it answers again', async () => {
      return (await ask(stage.outside, { path: '/v1/threads' })).status === 200
    })
  }, 60_000)
}

async function openStreams(stage: ProxyStage): Promise<number> {
  const { port } = stage.daemon().addresses.tcp
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${stage.outside.bearer}` },
  })
  const lines = (await answer.text()).matchAll(/^spl_http_event_streams\{[^}]*\} (\d+)$/gm)
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function overHttp2(
  { outside: { origin, bearer, ca } }: ProxyStage,
  path: string,
): Promise<{ readonly status: number; readonly body: string; readonly firstByteAt: number }> {
  const session = connectHttp2(origin, {
    createConnection: () =>
      connectTls({
        host: '::1',
        port: Number(origin.port),
        servername: origin.hostname,
        ALPNProtocols: ['h2'],
        ...(ca && { ca }),
      }),
  })
  try {
    const stream = session.request({
      [constants.HTTP2_HEADER_PATH]: path,
      authorization: `Bearer ${bearer}`,
    })
    let firstByteAt = Infinity
    stream.once('data', () => (firstByteAt = performance.now()))
    stream.pause()
    const headed = new Promise<number>((resolve, reject) => {
      stream.once('response', (headers) => resolve(Number(headers[':status'])))
      stream.once('error', reject)
    })
    const [status, body] = await Promise.all([headed, text(stream)])
    return { status, body, firstByteAt }
  } finally {
    session.close()
  }
}
