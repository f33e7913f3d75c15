import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { startGateway, type Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { bundleWorker } from '../../../local-daemon/gateway/worker-bundle.ts'
import type { HomeWithIdentity } from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'
import {
  descriptorsOf,
  destroyAll,
  manyClients,
  rawClient,
} from '../../support/clients/front-clients.ts'
import { getPublic } from '../../support/clients/public-request.ts'
import { twoFronts, type TwoFronts } from './two-fronts.ts'
import { handshakeOf } from './web-socket-frames.ts'

/** Answers what it sees, refuses uploads unread, streams without an end. */
const WORKER = `
  export class TunnelObject { fetch() { return new Response('object') } }
  export default { async fetch(request) {
    const { pathname, search } = new URL(request.url)
    if (pathname === '/slow') await new Promise((r) => setTimeout(r, Number(search.slice(1))))
    if (pathname === '/refuse') return new Response('refused', { status: 401 })
    if (pathname === '/echo') return new Response(request.body)
    if (pathname === '/long') return new Response('x'.repeat(1 << 20))
    if (pathname === '/stream') {
      const { readable, writable } = new TransformStream()
      const writer = writable.getWriter()
      request.signal.addEventListener('abort', () => console.log('request aborted'))
      const say = async () => { for (;;) { await writer.write(new TextEncoder().encode('tick ')); await new Promise((r) => setTimeout(r, 100)) } }
      say().catch(() => {})
      return new Response(readable)
    }
    if (request.headers.get('upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send(data))
      return new Response(null, { status: 101, webSocket: client })
    }
    return Response.json({ url: request.url, headers: [...request.headers], body: await request.text() })
  } }
`

const QUICK = {
  handshakeMs: 400,
  headMs: 400,
  bodySilenceMs: 400,
  halfClosedMs: 1_000,
  halfClosedSilenceMs: 400,
  lingerSilenceMs: 2_000,
  certificateMs: 100,
}

/** Not in this thread: the front runs here. */
const run = promisify(execFile)

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

let home: HomeWithIdentity
let plain: Gateway
let secure: Gateway
let log: string[]
let fronts: TwoFronts

beforeAll(async () => {
  fronts = await twoFronts(WORKER, QUICK, { ...QUICK, connectionsPerAddress: 20 })
  ;({ home, plain, secure, log } = fronts)
})

afterAll(() => fronts[Symbol.asyncDispose]())

afterEach(() => {
  log.length = 0
})

async function seen(port: number, fields = '', line = 'GET / HTTP/1.1'): Promise<Seen> {
  const head = `${line}\r\nHost: localhost\r\n${fields}Connection: close\r\n\r\n`
  const answer = await rawClient(port, head).over
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Seen
}

interface Seen {
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

describe('a client that says nothing', () => {
  test.for([
    ['no byte', ''],
    ['half a request line', 'GET /'],
    ['half a head', 'GET / HTTP/1.1\r\nHost: local'],
  ] as const)(
    'with %s gets a 408, and is gone although it keeps its side open',
    async ([_how, bytes]) => {
      const before = descriptorsOf(process.pid)
      const held = await manyClients(50, plain.port, bytes)
      for (const text of await Promise.all(held.map(({ over }) => over))) {
        expect(text).toMatch(/^HTTP\/1\.1 408 [^]*"code":"REQUEST_TIMEOUT"/)
      }
      await until('the connections are gone', () => descriptorsOf(process.pid) <= before + 50 + 5)
      destroyAll(held)
    },
  )

  test('in a TLS handshake is cut', async () => {
    const client = rawClient(secure.port, '\x16\x03\x01\x02\x00\x01')
    expect(await client.over).toBe('')
  })

  test('after a head that comes one byte at a time is cut at the deadline of the whole head', async () => {
    const client = rawClient(plain.port, 'GET / HTTP/1.1\r\nX-A: ')
    const drip = setInterval(() => client.socket.write('a'), 50)
    expect(await client.over).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(drip)
    client.socket.destroy()
  })

  test('in the middle of its upload is cut, and one that goes on slowly is not', async () => {
    const head =
      'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nConnection: close\r\n\r\n'
    const silent = rawClient(plain.port, `${head}abc`)
    const slow = rawClient(plain.port, head)
    for (let byte = 0; byte < 12; byte++) {
      await sleep(100)
      slow.socket.write('a')
    }
    expect(await slow.over).toMatch(/^HTTP\/1\.1 200 [^]*a{12}/)
    // The Worker sends back what it has; of the 12 bytes that it announces only three come.
    expect(await silent.over).toMatch(/Content-Length: 12\r\n[^]*\r\n\r\nabc$/)
  })
})

describe('one address', () => {
  test('that floods the socket loses its own connections, and another address is served', async () => {
    const flood = await manyClients(200, secure.port, '', '127.0.0.2')
    const before = performance.now()
    const answer = await getPublic(secure.url, secure.cacert)
    expect(answer.status).toBe(200)
    expect(performance.now() - before).toBeLessThan(1_000)
    await until('most are cut', () => flood.filter(({ isClosed }) => isClosed()).length >= 180)
    destroyAll(flood)
  })

  test('is told to the Worker over TLS, even if the client claims another', async () => {
    const forged = 'X-Spl-Client-Address: 203.0.113.9\r\nx-spl-client-address: 203.0.113.9\r\n'
    const head = `GET / HTTP/1.1\r\nHost: localhost\r\n${forged}X-Spl-Scheme: http\r\nConnection: close\r\n\r\n`
    for (const [localAddress, told] of [
      ['127.0.0.2', ['127.0.0.2']],
      // A proxy or a tunnel on this machine would be everybody.
      ['127.0.0.1', []],
    ] as const) {
      const socket = connectTls({
        port: secure.port,
        host: '127.0.0.1',
        localAddress,
        rejectUnauthorized: false,
      } as object)
      socket.write(`${GET}${head}`)
      const answers = await text(socket)
      const found = [...answers.matchAll(/\{"url.*\}/g)].map(([json]) => JSON.parse(json) as Seen)
      expect(found).toHaveLength(2)
      for (const { url, headers } of found) {
        expect(
          headers.filter(([name]) => name === 'x-spl-client-address').map(([, value]) => value),
        ).toEqual(told)
        expect(url).toMatch(/^https:/)
      }
    }
  })

  test('is not told to the Worker without TLS, where a proxy is in front', async () => {
    const { headers, url } = await seen(plain.port, 'X-Spl-Client-Address: 203.0.113.9\r\n')
    expect(headers.some(([name]) => name.startsWith('x-spl'))).toBe(false)
    expect(url).toMatch(/^http:/)
  })
})

describe('a refused upload', () => {
  test.for([2, 20, 50])(
    'of %i MB is read to its end, and its answer is always read',
    async (size) => {
      for (let round = 0; round < (size > 2 ? 3 : 20); round++) {
        const client = rawClient(
          plain.port,
          `POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size * 1e6}\r\n\r\n`,
        )
        const failed: unknown[] = []
        client.socket.on('error', (error) => failed.push(error))
        // As Go, Python and Java do: the whole body first, then the answer.
        await new Promise<void>((resolve) => {
          client.socket.write(Buffer.alloc(size * 1e6), () => resolve())
        })
        expect(await client.over).toMatch(/^HTTP\/1\.1 401 [^]*refused/)
        expect(failed).toEqual([])
        client.socket.destroy()
      }
    },
  )

  test('over TLS is read by curl', async () => {
    const file = join(home.path, 'upload')
    writeFileSync(file, Buffer.alloc(5e6))
    for (let round = 0; round < 5; round++) {
      const args = [
        '-sS',
        '-k',
        '--data-binary',
        `@${file}`,
        '-w',
        ' %{http_code}',
        '-H',
        'Expect:',
      ]
      const { stdout } = await run('curl', [...args, `${secure.url}/refuse`])
      expect(stdout).toBe('refused 401')
    }
  })

  test('without an end is cut', async () => {
    const worker = await bundleWorker({ contents: WORKER, resolveDir: '/' })
    const limits = { ...QUICK, lingerBytes: 1_000_000 }
    const directory = join(home.path, 'bounded')
    await using gateway = await startGateway({
      ownerDid: home.ownerDid,
      worker,
      directory,
      limits,
    })
    const client = rawClient(
      gateway.port,
      'POST /refuse HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65_536),
      Buffer.from('\r\n'),
    ])
    let sent = 0
    const closed = new Promise((resolve) => client.socket.once('close', resolve))
    const pour = setInterval(() => {
      if (client.socket.writableNeedDrain) return
      sent += chunk.length
      client.socket.write(chunk)
    }, 1)
    await closed
    clearInterval(pour)
    expect(sent).toBeLessThan(20_000_000)
  })
})

describe('what a client may ask for', () => {
  test('an Upgrade to something else is served as a plain request, with its body', async () => {
    const file = join(home.path, 'body')
    writeFileSync(file, 'a body')
    const { stdout } = await run('curl', ['-sS', '--http2', '-d', `@${file}`, plain.url])
    const { headers, body } = JSON.parse(stdout) as Seen
    expect(body).toBe('a body')
    expect(headers.some(([name]) => name === 'upgrade')).toBe(false)
    const long = await run('curl', ['-sS', '--http2', `${plain.url}/long`], { maxBuffer: 1 << 22 })
    expect(long.stdout).toHaveLength(1 << 20)
  })

  test('a WebSocket works on a connection that has had a request before', async () => {
    const client = rawClient(plain.port, GET)
    await until('the first answer', () => client.text().includes('}'))
    client.socket.write(
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await until('the handshake', () => client.text().includes('HTTP/1.1 101'))
    // A masked text frame: hi.
    client.socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
    await until('the echo', () => client.text().endsWith('\x81\x02hi'))
    client.socket.destroy()
  })

  test('a WebSocket that says nothing stays open', async () => {
    const client = rawClient(
      plain.port,
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await until('the handshake', () => client.text().includes('HTTP/1.1 101'))
    await sleep(1_500)
    client.socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
    await until('the echo', () => client.text().endsWith('\x81\x02hi'))
    client.socket.destroy()
  })

  test('an invalid WebSocket handshake cannot smuggle a request past the front', async () => {
    const upgrade =
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
    const forged =
      'GET / HTTP/1.1\r\nHost: localhost\r\nX-Spl-Client-Address: 203.0.113.9\r\nConnection: close\r\n\r\n'
    expect(await rawClient(plain.port, upgrade + forged).over).not.toContain('203.0.113.9')
    const refused =
      'GET /refuse HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    const answers = await rawClient(plain.port, refused + forged).over
    expect(answers).toContain('refused')
    expect(answers).not.toContain('203.0.113.9')
  })

  test('several Cookie lines reach the Worker as one cookie string', async () => {
    const { headers } = await seen(plain.port, 'Cookie: a=1\r\nCookie: b=2\r\n')
    expect(headers.find(([name]) => name === 'cookie')).toEqual(['cookie', 'a=1; b=2'])
  })

  test('CONNECT is refused with the methods that there are', async () => {
    const answer = await rawClient(plain.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n').over
    expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*allow: GET, [^]*METHOD_NOT_ALLOWED/)
  })

  test('a chunk without a size is refused at once', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await rawClient(plain.port, `${head}3\r\nabc\r\nzz\r\n`).over).toMatch(
      /^HTTP\/1\.1 400 /,
    )
  })
})

describe('a client that ends its side', () => {
  test('gets the answer that it waits for', async () => {
    const client = rawClient(plain.port, 'GET /slow?500 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    client.socket.end()
    expect(await client.over).toMatch(/^HTTP\/1\.1 200 [^]*\/slow/)
  })

  test('and has left is released at once, with its request', async () => {
    const client = rawClient(plain.port, 'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('the stream', () => client.text().includes('tick'))
    client.socket.destroy()
    await until('the Worker hears of it', () =>
      log.some((line) => line.includes('request aborted')),
    )
  })
})

describe('the certificate', () => {
  test('is loaded again when its files change, without a restart', async () => {
    const before = await shown()
    await sleep(10)
    await selfSignedCertificate(join(home.path, 'next'), 'localhost', Date.now())
    for (const file of ['cert.pem', 'key.pem']) {
      writeFileSync(
        join(home.path, 'given', `${file}.new`),
        readFileSync(join(home.path, 'next', file)),
      )
      renameSync(join(home.path, 'given', `${file}.new`), join(home.path, 'given', file))
    }
    await until('the new one', async () => (await shown()) !== before)
    expect(await getPublic(secure.url, join(home.path, 'next', 'cert.pem'))).toMatchObject({
      status: 200,
    })
    writeFileSync(join(home.path, 'given', 'cert.pem'), 'damaged')
    await until('a line says so', () => log.some((line) => line.includes('stays in use')))
    expect(await getPublic(secure.url, join(home.path, 'next', 'cert.pem'))).toMatchObject({
      status: 200,
    })
  })

  async function shown(): Promise<string> {
    const socket = connectTls({ port: secure.port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
})

describe('workerd', () => {
  test('may take its time with a WebSocket’s handshake, whose head has come', async () => {
    const client = rawClient(plain.port, handshakeOf(`/slow?${QUICK.headMs * 2}`))
    await until('the answer', () => client.text().includes('\r\n\r\n'))
    expect(client.text()).toMatch(/^HTTP\/1\.1 101 /)
    client.socket.destroy()
  })

  test('that is gone is started again, and requests wait for it', async () => {
    const { pid } = plain
    process.kill(pid, 'SIGKILL')
    await until('it is gone', () => log.includes('workerd is gone (SIGKILL); it is started again'))
    expect((await seen(plain.port)).url).toBe('http://localhost/')
    expect(plain.pid).not.toBe(pid)
  })
})
