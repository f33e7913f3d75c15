import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { REQUEST_LIMITS } from '../../../local-daemon/requests/limits.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aDaemon, sendRaw, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

const GOOD = { thread: 'th_bad', actor: 'did:sync:user:ada', act: 'DO', body: {}, clock: 0 }

async function refusal(answer: Response | Promise<Response>) {
  const { status } = await answer
  const problem = (await (await answer).json()) as Record<string, unknown>
  expect(problem).toMatchObject({ object: 'error', hop: 'daemon', message: expect.any(String) })
  return { status, code: problem['code'], field: problem['field'], try: problem['try'] }
}

/** A post whose length is not stated. */
function chunked(text: string): Promise<Response> {
  return fetch(`${at.base}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
    body: new Blob([text]).stream(),
    duplex: 'half',
  })
}

describe('a record that is not valid', () => {
  it.each([
    ['$', null],
    ['$', 'text'],
    ['thread', { ...GOOD, thread: 'tea' }],
    ['thread', { ...GOOD, thread: undefined }],
    ['actor', { ...GOOD, actor: 'ada' }],
    ['act', { ...GOOD, act: 'do' }],
    ['body', { ...GOOD, body: [] }],
    ['clock', { ...GOOD, clock: -1 }],
    ['clock', { ...GOOD, clock: null }],
    ['clock', { ...GOOD, clock: 2 ** 53 }],
    ['data_type', { ...GOOD, data_type: 'NUMBER' }],
    ['parents[0]', { ...GOOD, parents: ['ab'] }],
    ['judged_by', { ...GOOD, judged_by: 'AB'.repeat(32) }],
    ['id', { ...GOOD, id: 'ab'.repeat(32) }],
    ['sig', { ...GOOD, sig: 'x' }],
    ['body.text', { ...GOOD, body: { text: '\ud800' } }],
  ])('is refused with the path %s', async (field, record) => {
    const text = JSON.stringify(record)
    expect(await refusal(at.post('/v1/records', text))).toMatchObject({
      status: 400,
      code: 'INVALID_RECORD',
      field,
    })
  })

  it('is refused when it nests too deep or is too large', async () => {
    const deep = '['.repeat(100) + ']'.repeat(100)
    const nested = `{"thread":"th_bad","actor":"did:a:b","act":"DO","clock":0,"body":{"a":${deep}}}`
    expect(await refusal(at.post('/v1/records', nested))).toMatchObject({ code: 'INVALID_RECORD' })
    const large = { ...GOOD, body: { text: 'x'.repeat(LIMITS.recordBytes) } }
    expect(await refusal(at.post('/v1/records', large))).toMatchObject({
      status: 400,
      code: 'INVALID_RECORD',
    })
  })
})

describe('a body that is not valid', () => {
  it.each(['', '{', 'nope', '{"a":1}x', '\u0000'])('%j is not JSON', async (text) => {
    expect(await refusal(at.post('/v1/records', text))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      field: '$',
    })
  })

  it.each(['12345678901234567890', '9007199254740993', '9007199254740993.0', '1e400', '1e-400'])(
    'is not stored with another number than it has: %s',
    async (number) => {
      const text = JSON.stringify({ ...GOOD, body: { a: [{ n: 0 }] } }).replace(
        '"n":0',
        `"n":${number}`,
      )
      expect(await refusal(chunked(text))).toMatchObject({
        status: 400,
        code: 'INVALID_REQUEST',
        field: 'body.a[0].n',
        try: expect.stringContaining('as a string'),
      })
    },
  )

  it.each([
    ['thread', 'POST /v1/records', '{"thread":"th_a","thread":"th_b","act":"DO","body":{}}'],
    ['body.a', 'POST /v1/records', '{"thread":"th_a","act":"DO","body":{"a":1,"a":2}}'],
    ['body.a[1].b', 'POST /v1/records', '{"body":{"a":[0,{"b":1,"c":{},"\\u0062":2}]}}'],
    ['scopes', 'POST /v1/service-accounts', '{"name":"a","scopes":[],"scopes":["admin"]}'],
    ['name', 'POST /v1/bootstrap/service-account', '{"name":"a","name":"b"}'],
    ['ttl_seconds', 'POST /v1/tokens', '{"ttl_seconds":1,"ttl_seconds":2}'],
    ['force', 'POST /v1/tokens/self/rotate', '{"force":false,"force":true}'],
    ['device', 'POST /v1/invites', '{"device":"a","device":"b"}'],
    ['path', 'POST /v1/stream-tickets', '{"path":"/a","path":"/v1/sync/subscribe"}'],
    ['value', 'POST /v1/config/auth_required', '{"value":true,"value":false}'],
  ])('may name no member twice: %s of %s', async (field, route, text) => {
    const asked = at.post(route.split(' ')[1] ?? '', text)
    expect(await refusal(asked)).toMatchObject({ status: 400, code: 'INVALID_REQUEST', field })
  })

  it('is read the same whatever was read before', async () => {
    const record = (clock: number, body: string) =>
      `{"thread":"th_names","actor":"${GOOD.actor}","act":"DO","clock":${clock},"body":${body}}`
    for (let clock = 0; clock < 3; clock += 1) {
      await at.post('/v1/records', record(clock, '{"h":[],"\\\\":0}'))
    }
    const answer = await at.post('/v1/records', record(3, '{"h":1,"\\"":2}'))
    expect(await answer.text()).toContain('"body":{"\\"":2,"h":1}')
  })

  it('must be UTF-8', async () => {
    const answer = fetch(`${at.base}/v1/records`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    })
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'multipart/form-data',
  ])('of type %s is refused', async (type) => {
    const answer = at.post('/v1/records', GOOD, { 'content-type': type })
    expect(await refusal(answer)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it('of type JSON with a parameter is taken', async () => {
    const type = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect((await at.post('/v1/records', GOOD, type)).status).toBe(201)
  })

  it('must not be compressed', async () => {
    const answer = at.post('/v1/records', GOOD, { 'content-encoding': 'gzip' })
    expect(await refusal(answer)).toMatchObject({ status: 415 })
  })

  it('that states too large a length is refused at its first character, if it is no array', async () => {
    const head = `POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${at.bearer}\r\nContent-Type: application/json\r\nContent-Length: ${REQUEST_LIMITS.bodyBytes + 1}\r\n\r\n{`
    const answer = await sendRaw(at.daemon.addresses.tcp.port, head)
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('"code":"BODY_TOO_LARGE"')
  })

  it('that grows too large without a length is refused', async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length
        controller.enqueue(chunk)
        if (sent > 4 * REQUEST_LIMITS.bodyBytes) controller.close()
      },
    })
    const request = new Request('https://spl.example/v1/records', {
      method: 'POST',
      headers: { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    })
    // As through the tunnel, where a stated length would only be a claim.
    const answer = at.daemon.app.fetch(request, { via: 'tunnel' })
    expect(await refusal(answer)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    expect(sent).toBeLessThan(2 * REQUEST_LIMITS.bodyBytes)
  })

  it('in chunks over TCP is taken, and refused when it grows too large', async () => {
    const text = JSON.stringify({ ...GOOD, thread: 'th_chunked' })
    expect((await chunked(text)).status).toBe(201)
    const large = text + ' '.repeat(REQUEST_LIMITS.bodyBytes)
    expect(await refusal(chunked(large))).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
  })

  it('that is cut appends nothing, also where its length was only a claim', async () => {
    const whole = new TextEncoder().encode(JSON.stringify({ ...GOOD, thread: 'th_cut' }))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(whole)
      },
      pull: (controller) => controller.error(new Error('tunnel reset')),
    })
    const request = new Request('https://spl.example/v1/records', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${at.bearer}`,
        'content-type': 'application/json',
        'content-length': String(whole.length),
      },
      body,
      duplex: 'half',
    })
    const answer = at.daemon.app.fetch(request, { via: 'tunnel' })
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(at.daemon.store.thread('th_cut')).toBeUndefined()
  })

  it('that is cut on TCP appends nothing', async () => {
    const text = JSON.stringify({ ...GOOD, thread: 'th_cut_tcp' })
    const socket = connect(at.daemon.addresses.tcp.port, '127.0.0.1')
    socket.write(
      `POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${at.bearer}\r\nContent-Type: application/json\r\nContent-Length: ${text.length + 9}\r\n\r\n${text}`,
      () => setTimeout(() => socket.destroy(), 50),
    )
    await new Promise((resolve) => socket.once('close', resolve))
    // A request after the cut one shows that the daemon has seen the end of it.
    expect((await at.get('/health')).status).toBe(200)
    expect(at.daemon.store.thread('th_cut_tcp')).toBeUndefined()
  })
})

describe('a query that is not valid', () => {
  it.each([
    ['/v1/records', 'thread'],
    ['/v1/records?thread=tea', 'thread'],
    ['/v1/records?actor=ada', 'actor'],
    ['/v1/records?thread=th_x&limit=0', 'limit'],
    ['/v1/records?thread=th_x&limit=1001', 'limit'],
    ['/v1/records?thread=th_x&limit=ten', 'limit'],
    ['/v1/threads?limit=-1', 'limit'],
    ['/v1/threads/tea/records', 'id'],
    ['/v1/sync/changes?limit=10001', 'limit'],
    ['/v1/sync/changes?feed=often', 'feed'],
    ['/v1/sync/changes?thread=tea', 'thread'],
    ['/v1/sync/subscribe?thread=tea', 'thread'],
    ['/v1/records/ABCD', 'id'],
  ])('%s is refused at %s', async (path, field) => {
    expect(await refusal(at.get(path))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      field,
    })
  })
})

describe('a cursor that is not valid', () => {
  it.each(['/', '/nope', '/v1', '/v1/', '/v1/records/', '/health/', '/v1/keys', '/v1/bootstrap'])(
    '%s is 404',
    async (path) => {
      expect(await refusal(at.get(path))).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    },
  )

  it('an unknown record and an unknown thread are 404', async () => {
    expect(await refusal(at.get(`/v1/records/${'0'.repeat(64)}`))).toMatchObject({ status: 404 })
    expect(await refusal(at.get('/v1/threads/th_none/records'))).toMatchObject({ status: 404 })
  })

  it.each([
    ['DELETE', '/v1/records', 'POST, GET, HEAD'],
    ['PUT', `/v1/records/${'0'.repeat(64)}`, 'GET, HEAD'],
    ['POST', '/v1/threads', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
    ['OPTIONS', '/health', 'GET, HEAD'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const answer = await fetch(at.base + path, { method })
    expect(answer.headers.get('allow')).toBe(allow)
    expect(await refusal(answer)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
  })
})

describe('bytes on the wire', () => {
  it.each(['//evil', '/a/../b', '/%2e%2e/x', 'http://x/a/../b', '/a\\b', '/v1/./records', '*'])(
    'the target %s is refused',
    async (target) => {
      const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
      const answer = await sendRaw(at.daemon.addresses.tcp.port, request)
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('"code":"INVALID_TARGET"')
    },
  )

  it('a request without Host is refused', async () => {
    const answer = await sendRaw(
      at.daemon.addresses.tcp.port,
      'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('"code":"INVALID_HEADERS"')
  })

  it('what is not HTTP gets the envelope and is cut', async () => {
    const answer = await sendRaw(at.daemon.addresses.tcp.port, 'hello\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('"code":"INVALID_REQUEST"')
  })

  it('a head that is too large is refused', async () => {
    const field = `X-Long: ${'x'.repeat(HTTP_LIMITS.headBytes)}\r\n`
    const answer = await sendRaw(
      at.daemon.addresses.tcp.port,
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${field}\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(answer).toContain('"code":"HEADERS_TOO_LARGE"')
  })

  it('a length beside a transfer coding is refused', async () => {
    const answer = await sendRaw(
      at.daemon.addresses.tcp.port,
      'POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })

  it('a head that never ends, or never begins, is cut in time', { timeout: 20_000 }, async () => {
    const began = Date.now()
    const { port } = at.daemon.addresses.tcp
    const half = 'GET /health HTTP/1.1\r\nHost: localhost\r\n'
    const heads = [half, '']
    const answers = await Promise.all(heads.map((head) => sendRaw(port, head, 18_000)))
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(Date.now() - began).toBeLessThan(HTTP_LIMITS.headersMs + 5_000)
  })
})
