import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Gateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { until } from '../../support/until.ts'
import { twoFronts, type TwoFronts } from './two-fronts.ts'

const WORKER = `
  const bytes = (text) => new TextEncoder().encode(text)
  export class TunnelObject { fetch() { return new Response('object') } }
  export default { async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/fixed') return new Response('fixed', { headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] })
    if (pathname === '/none') return new Response(null, { status: 204 })
    if (pathname === '/same') return new Response(null, { status: 304, headers: { etag: '"1"' } })
    if (pathname === '/refuse') return new Response('refused', { status: 401 })
    if (pathname === '/seen') return Response.json({ headers: [...request.headers], body: await request.text(), method: request.method })
    if (pathname === '/cut-fixed') {
      const { readable, writable } = new FixedLengthStream(1000)
      const writer = writable.getWriter()
      writer.write(bytes('half')).then(() => setTimeout(() => writer.abort(new Error('cut')), 50)).catch(() => {})
      return new Response(readable)
    }
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    request.signal.addEventListener('abort', () => console.log('request aborted'))
    const say = async () => {
      if (pathname === '/large') for (let at = 0; at < 64; at++) await writer.write(new Uint8Array(65536).fill(120))
      else await writer.write(bytes('first '))
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (pathname === '/silent') await new Promise((resolve) => setTimeout(resolve, 20_000))
      if (pathname === '/cut') return writer.abort(new Error('cut'))
      if (pathname === '/endless') for (;;) { await writer.write(bytes('tick ')); await new Promise((r) => setTimeout(r, 50)) }
      await writer.write(bytes('last'))
      await writer.close()
    }
    say().catch(() => {})
    return new Response(readable)
  } }
`

const LIMITS = { bodySilenceMs: 400, halfClosedSilenceMs: 400 }

let plain: Gateway
let secure: Gateway
let log: string[]
let fronts: TwoFronts

beforeAll(async () => {
  fronts = await twoFronts(WORKER, LIMITS)
  ;({ plain, secure, log } = fronts)
})

afterAll(() => fronts[Symbol.asyncDispose]())

afterEach(() => {
  log.length = 0
})

/** A client that takes the end of the connection for the end of the answer. */
function ask(path: string, { method = 'GET', fields = '', body = '', tls = false } = {}) {
  const port = (tls ? secure : plain).port
  const raw = connect({ host: '127.0.0.1', port })
  const socket = tls ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw
  const got = { text: '', code: undefined as string | undefined }
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => (got.text += part))
  for (const one of new Set([raw, socket])) {
    one.on('error', ({ code }: NodeJS.ErrnoException) => (got.code ??= code))
  }
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const ended = closed.then(() => {
    const [head = '', ...rest] = got.text.split('\r\n\r\n')
    return { head, body: rest.join('\r\n\r\n'), code: got.code }
  })
  const write = `${method} ${path} HTTP/1.0\r\nHost: localhost\r\n${fields}\r\n${body}`
  socket.write(Buffer.from(write, 'latin1'))
  return { socket, ended, text: () => got.text }
}

describe.for([
  ['plain', false],
  ['TLS', true],
] as const)('a client of HTTP/1.0 over %s', ([, tls]) => {
  test('gets an answer without a length whole, without chunks, and the end of the connection', async () => {
    const { head, body, code } = await ask('/whole', { tls }).ended
    expect(head).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/)
    expect(head).toMatch(/\r\nConnection: close$/)
    expect(head).not.toMatch(/transfer-encoding|keep-alive/i)
    expect([body, code]).toEqual(['first last', undefined])
  })

  test.for(['/cut', '/cut-fixed'])(
    'sees that an answer was cut: %s ends in a reset',
    async (path) => {
      const { head, code } = await ask(path, { tls }).ended
      expect(head).toMatch(/^(?:HTTP\/1\.[01] 200 |$)/)
      expect(code).toBe('ECONNRESET')
    },
  )
})

describe('a client of HTTP/1.0', () => {
  test('gets an answer with a length as it is, each field once', async () => {
    const { head, body, code } = await ask('/fixed').ended
    expect(head).toMatch(/\r\nContent-Length: 5\r\n/i)
    expect(head.match(/set-cookie: [ab]=[12]/gi)).toHaveLength(2)
    expect([body, code]).toEqual(['fixed', undefined])
  })

  test.for([
    ['HEAD', '/fixed', 200],
    ['HEAD', '/whole', 200],
    ['GET', '/none', 204],
    ['GET', '/same', 304],
  ] as const)('gets no body with %s %s: %i', async ([method, path, status]) => {
    const { head, body, code } = await ask(path, { method }).ended
    expect(head.slice(8, 13)).toBe(` ${status} `)
    expect([body, code]).toEqual(['', undefined])
  })

  test('uploads, and what comes after its one request is no request', async () => {
    const body = 'x'.repeat(300_000)
    const fields = `Content-Length: ${body.length}\r\nCookie: ü=1\r\nConnection: keep-alive\r\n`
    const second = 'GET /fixed HTTP/1.0\r\nHost: localhost\r\n\r\n'
    const answer = await ask('/seen', { method: 'POST', fields, body: body + second }).ended
    const seen = JSON.parse(answer.body) as { headers: string[][]; body: string; method: string }
    expect([seen.method, seen.body.length, answer.code]).toEqual(['POST', 300_000, undefined])
    expect(seen.headers.find(([name]) => name === 'host')).toEqual(['host', 'localhost'])
    expect(answer.head).not.toContain('set-cookie')
  })

  test.for(['POST', 'PUT', 'DELETE'])('may send a %s without a body', async (method) => {
    const { body } = await ask('/seen', { method }).ended
    expect(JSON.parse(body)).toMatchObject({ method, body: '' })
  })

  test('reads the answer to an upload that was refused', async () => {
    const fields = `Content-Length: 20000000\r\n`
    const client = ask('/refuse', { method: 'POST', fields })
    client.socket.write(Buffer.alloc(20_000_000))
    await until('the answer', () => client.text().endsWith('refused'))
    client.socket.end()
    expect(await client.ended).toMatchObject({ body: 'refused', code: undefined })
  })

  test('gets a large answer at its own pace, whole', async () => {
    const client = ask('/large')
    client.socket.pause()
    await until('it waits', () => client.socket.bytesRead > 0)
    client.socket.resume()
    expect((await client.ended).body).toHaveLength(64 * 65_536 + 'last'.length)
  })

  test('that leaves is reported to the Worker, and one that only ends its side gets its answer', async () => {
    const left = ask('/endless')
    await until('the stream', () => left.text().includes('tick'))
    left.socket.destroy()
    await until('the Worker hears of it', () =>
      log.some((line) => line.includes('request aborted')),
    )
    const half = ask('/whole')
    half.socket.end()
    expect(await half.ended).toMatchObject({ body: 'first last', code: undefined })
  })

  test('that ends its side is reset if its answer falls silent: a part is not the whole', async () => {
    const client = ask('/silent')
    client.socket.end()
    const { body, code } = await client.ended
    expect([body, code]).toEqual(['first ', 'ECONNRESET'])
  })

  test('in the middle of its upload is cut', async () => {
    const fields = 'Content-Length: 12\r\n'
    const { code, head } = await ask('/seen', { method: 'POST', fields, body: 'abc' }).ended
    expect([code, head.slice(0, 12)]).toEqual([undefined, 'HTTP/1.1 408'])
  })

  test('sees the end of workerd as a cut', async () => {
    const client = ask('/endless')
    await until('the stream', () => client.text().includes('tick'))
    process.kill(plain.pid, 'SIGKILL')
    expect((await client.ended).code).toBe('ECONNRESET')
    await until('it is started again', () => log.some((line) => line.includes('workerd is gone')))
    expect((await ask('/fixed').ended).body).toBe('fixed')
  })
})
