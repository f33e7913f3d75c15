import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { until } from '../../support/until.ts'
import {
  descriptorsOf,
  destroyAll,
  manyClients,
  rawClient,
} from '../../support/clients/front-clients.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

const run = promisify(execFile)
let at: TestDaemon
let port: number
let files: ReturnType<typeof aHome>

beforeAll(async () => {
  at = await aDaemon()
  ;({ port } = at.daemon.addresses.tcp)
  files = aHome()
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  files[Symbol.dispose]()
})

const host = 'Host: localhost\r\n'
const bearer = (): string => `Authorization: Bearer ${at.bearer}\r\n`

describe('a refused upload', () => {
  test.for([
    ['without a bearer', '', 401],
    ['with a bearer that is none', 'Authorization: Bearer nonsense\r\n', 401],
    ['on a connection that is not to be kept', 'Connection: close\r\n', 401],
    ['over the limit', 'good', 413],
    ['over the limit, in chunks', 'chunked', 413],
    ['to no route', 'nowhere', 401],
  ] as const)(
    '%s: its answer is always read, even after a large upload',
    async ([_how, kind, status]) => {
      const fields = kind === 'good' || kind === 'chunked' || kind === 'nowhere' ? bearer() : kind
      const path = kind === 'nowhere' ? '/nowhere' : '/v1/records'
      for (const [size, rounds] of [
        [2e6, 3],
        [50e6, 1],
      ] as const) {
        for (let round = 0; round < rounds; round++) {
          const body = Buffer.alloc(size)
          const framing =
            kind === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`
          const client = rawClient(
            port,
            `POST ${path} HTTP/1.1\r\n${host}${fields}Content-Type: application/json\r\n${framing}\r\n\r\n`,
          )
          const failed: unknown[] = []
          client.socket.on('error', (error) => failed.push(error))
          const parts =
            kind === 'chunked' ? [`${size.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'] : [body]
          await new Promise<void>((resolve) => {
            client.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))), () =>
              resolve(),
            )
          })
          await until('the answer', () => client.text().includes('\r\n\r\n'))
          expect(client.text()).toMatch(
            new RegExp(`^HTTP/1.1 ${kind === 'nowhere' ? 404 : status} `),
          )
          expect(failed).toEqual([])
          client.socket.destroy()
        }
      }
    },
  )

  test('is read by curl', async () => {
    const file = join(files.path, 'upload')
    writeFileSync(file, Buffer.alloc(5e6))
    const args = [
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'Expect:',
      '-H',
      'Content-Type: application/json',
    ]
    for (let round = 0; round < 5; round++) {
      const { stdout } = await run('curl', [
        ...args,
        '--data-binary',
        `@${file}`,
        `${at.base}/v1/records`,
      ])
      expect(stdout).toBe('401')
    }
  })

  test('that goes silent is cut soon after its answer', async () => {
    const client = rawClient(
      port,
      `POST /v1/records HTTP/1.1\r\n${host}Content-Length: 5000\r\n\r\nabc`,
    )
    const before = performance.now()
    expect(await client.over).toMatch(/^HTTP\/1\.1 401 /)
    expect(performance.now() - before).toBeLessThan(5_000)
    client.socket.destroy()
  })
})

describe('1030 connections that their clients keep open', () => {
  const upgrade =
    `GET /v1/sync/subscribe HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

  test.for([
    ['after an upgrade without a bearer', upgrade, /^HTTP\/1\.1 401 /],
    ['after what is no HTTP', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'after a refused upload without its end',
      `POST /v1/records HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\na`,
      /^HTTP\/1\.1 401 /,
    ],
  ] as const)('%s are destroyed, and the port serves', async ([_what, bytes, answer]) => {
    const before = descriptorsOf(process.pid)
    const held = await manyClients(1_030, port, bytes)
    try {
      await until('all are answered or refused', () => held.every(({ isClosed }) => isClosed()))
      expect(held.filter(({ text }) => answer.test(text())).length).toBeGreaterThan(1_000)
      await until(
        'the port serves',
        async () => (await fetch(`${at.base}/health`).catch(() => undefined))?.status === 200,
      )
      // The clients' own half stays: 1030 sockets of this process, and none of the daemon's.
      const own = held.filter(({ socket }) => !socket.destroyed).length
      await until('the daemon holds none', () => descriptorsOf(process.pid) <= before + own + 8)
    } finally {
      destroyAll(held)
    }
  })
})

describe('a request for an upgrade that is not there', () => {
  test('is served as a plain request, with its body', async () => {
    const args = [
      '-sS',
      '--http2',
      '-H',
      `Authorization: Bearer ${at.bearer}`,
      '-H',
      'Content-Type: application/json',
    ]
    const draft = JSON.stringify(aDraft({ body: { text: 'h2c' } }))
    const { stdout } = await run('curl', [
      ...args,
      '-d',
      draft,
      `${at.base}/v1/records`,
      '-w',
      ' %{http_code}',
    ])
    expect(stdout).toMatch(/ 201$/)
  })

  test('gets long answers whole, and keeps its connection', async () => {
    for (let n = 0; n < 40; n++)
      await at.post(
        '/v1/records',
        aDraft({ thread: 'th_long', body: { text: 'x'.repeat(20_000), n } }),
      )
    const args = ['-sS', '--http2', '-H', `Authorization: Bearer ${at.bearer}`]
    const url = `${at.base}/v1/threads/th_long/records?limit=1000`
    const { stdout } = await run('curl', [...args, url, url, '-w', '\n%{num_connects}\n'], {
      maxBuffer: 1 << 24,
    })
    const [first = '', connects, second, reused] = stdout.split('\n')
    expect((JSON.parse(first) as { data: unknown[] }).data).toHaveLength(40)
    expect(second).toBe(first)
    expect([connects, reused]).toEqual(['1', '0'])
  })

  test('may ask for a WebSocket that it does not shake hands for', async () => {
    const head = `GET /v1/threads HTTP/1.1\r\n${host}${bearer()}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`
    expect(await rawClient(port, head).over).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('as RFC 9110 and 9112 say', () => {
  test('the absolute form names the host, and Host does not count', async () => {
    const ask = (target: string, named: string) =>
      rawClient(
        port,
        `GET ${target} HTTP/1.1\r\nHost: ${named}\r\n${bearer()}Connection: close\r\n\r\n`,
      ).over
    expect(await ask(`http://localhost:${port}/v1/threads`, 'evil.example')).toMatch(
      /^HTTP\/1\.1 200 /,
    )
    expect(await ask('http://evil.example/v1/threads', 'localhost')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await ask('http://localhost', 'localhost')).toMatch(/^HTTP\/1\.1 404 /)
    expect(await ask('http://localhost/a/../b', 'localhost')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('CONNECT is refused with the methods that there are', async () => {
    const answer = await rawClient(port, `CONNECT a:1 HTTP/1.1\r\n${host}\r\n`).over
    expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*allow: GET[^]*METHOD_NOT_ALLOWED/)
  })

  test('a client that ends its side gets its answer, even if it takes a while', async () => {
    const draft = JSON.stringify(aDraft({ thread: 'th_half' }))
    const head =
      `POST /v1/records HTTP/1.1\r\n${host}${bearer()}Content-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(draft)}\r\n\r\n`
    const client = rawClient(port, head + draft)
    client.socket.end()
    expect(await client.over).toMatch(/^HTTP\/1\.1 201 /)
  })

  test('a client that has left a silent stream is released within seconds', async () => {
    const before = descriptorsOf(process.pid)
    const client = rawClient(
      port,
      `GET /v1/sync/subscribe?since=now HTTP/1.1\r\n${host}${bearer()}\r\n`,
    )
    await until('the stream', () => client.text().includes('200 OK'))
    client.socket.end()
    await client.over
    client.socket.destroy()
    await until('the daemon let go', () => descriptorsOf(process.pid) <= before)
  })

  test('HEAD of a long poll waits for nothing', async () => {
    const answer = await fetch(`${at.base}/v1/sync/changes?since=now&feed=longpoll`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${at.bearer}` },
      signal: AbortSignal.timeout(5_000),
    })
    expect(answer.status).toBe(200)
  })

  test('a WebSocket with subprotocols to choose from gets none', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/sync/subscribe`, ['a', 'b'], {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    const [answer] = (await Promise.race([once(socket, 'upgrade'), once(socket, 'error')])) as [
      { headers?: Record<string, string> },
    ]
    expect(answer.headers?.['sec-websocket-protocol']).toBeUndefined()
    expect(answer.headers?.['upgrade']).toBe('websocket')
    socket.on('error', () => {})
    socket.terminate()
  })

  test('an answer of HTTP/1.0 that is cut is no end of one', async () => {
    for (let n = 0; n < 60; n++)
      await at.post(
        '/v1/records',
        aDraft({ thread: 'th_cut', body: { text: 'y'.repeat(200_000), n } }),
      )
    const { accounts } = at.daemon.access
    const { token, tokenId } = await accounts.createWithToken(
      { name: 'old', scopes: ['records:read'] },
      null,
    )
    const socket = connect(port, '127.0.0.1')
    const failed: string[] = []
    socket.on('error', (error: NodeJS.ErrnoException) => failed.push(error.code ?? ''))
    const ended: boolean[] = []
    socket.on('end', () => ended.push(true))
    socket.write(
      `GET /v1/threads/th_cut/records?limit=1000 HTTP/1.0\r\n${host}Authorization: Bearer ${token}\r\n\r\n`,
    )
    await once(socket, 'readable')
    await accounts.revokeToken(tokenId)
    await sleep(50)
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
    expect([failed, ended]).toEqual([['ECONNRESET'], []])
  })
})

describe('the names of this machine', () => {
  test.for([
    ['localhost.', 200],
    ['app.localhost', 200],
    ['a.b.localhost.', 200],
    ['LOCALHOST', 200],
    ['localhost.evil.example', 421],
    ['evil-localhost', 421],
    ['localhost..', 421],
    ['.localhost', 421],
    ['127.0.0.1.evil.example', 421],
  ] as const)('Host: %s is answered with %i', async ([name, status]) => {
    const head = `GET /v1/threads HTTP/1.1\r\nHost: ${name}:${port}\r\n${bearer()}Connection: close\r\n\r\n`
    expect(await rawClient(port, head).over).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

describe('where no bearer is asked for', () => {
  test('every header that a proxy may add marks its request, and what clients send does not', async () => {
    await using open = await aDaemon({ insecureLocalhost: true })
    const ask = async (field: string) => {
      const head = `GET /v1/threads HTTP/1.1\r\nHost: localhost\r\n${field}\r\nConnection: close\r\n\r\n`
      return Number((await rawClient(open.daemon.addresses.tcp.port, head).over).slice(9, 12))
    }
    for (const name of [
      'X-Forwarded-Port',
      'X-Forwarded-Server',
      'X-Forwarded-For',
      'X-Forwarded',
      'X-Original-Host',
      'Forwarded',
      'Via',
      'True-Client-IP',
      'X-Client-IP',
      'Client-IP',
      'X-Real-IP',
      'X-Cluster-Client-IP',
      'CF-Ray',
      'CF-Connecting-IP',
      'Cdn-Loop',
      'Fastly-Client-IP',
      'Fly-Client-IP',
      'X-Amzn-Trace-Id',
      'X-Azure-ClientIP',
      'X-Envoy-External-Address',
      'X-Request-Id',
      'Traceparent',
      'Proxy-Connection',
      'Tailscale-User-Login',
      'Ngrok-Skip-Browser-Warning',
      'X-Whatever-Comes-Next',
    ]) {
      expect([name, await ask(`${name}: 1`)]).toEqual([name, 401])
    }
    for (const field of [
      'User-Agent: curl/8',
      'Accept: */*',
      'Accept-Encoding: gzip',
      'Cache-Control: no-cache',
      'Cookie: a=1',
      'Last-Event-ID: 1:1',
      'Sec-Fetch-Site: same-origin',
      'Sec-CH-UA: "x"',
      'Content-Type: application/json',
      'If-None-Match: "a"',
      'DNT: 1',
      'Priority: u=1',
      'Upgrade: h2c',
      'Idempotency-Key: 1',
    ]) {
      expect([field, await ask(field)]).toEqual([field, 200])
    }
  })
})
