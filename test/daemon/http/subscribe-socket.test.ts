import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aDaemon, aDraft, sendRaw, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

const port = () => at.daemon.addresses.tcp.port
const append = (thread: string, text = 'tea') =>
  at.daemon.store.append(aDraft({ thread, body: { text } }))

interface Message {
  readonly event: string
  readonly id: string
  readonly data: { readonly id: string; readonly code?: string }
}

/** An open WebSocket, its messages so far, and how it closed. */
async function open(path: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${at.bearer}`
  const socket = new WebSocket(`ws://127.0.0.1:${port()}${path}`, {
    headers: { authorization, ...headers },
  })
  const messages: Message[] = []
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${String(reason)}`.trim())
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message))
  await once(socket, 'open')
  const count = async (most: number) => {
    while (messages.length < most) await once(socket, 'message')
    return messages
  }
  return { socket, messages, closed, count }
}

test('a WebSocket brings what was there and what comes, and resumes where it was left', async () => {
  const first = (await append('th_ws')).record.id
  const one = await open('/v1/sync/subscribe?thread=th_ws')
  await one.count(2)
  const second = (await append('th_ws')).record.id
  const seen = await one.count(3)
  expect(seen.map(({ event, data }) => [event, data.id])).toEqual([
    ['record', first],
    ['ready', undefined],
    ['record', second],
  ])
  one.socket.close()
  const again = await open(`/v1/sync/subscribe?thread=th_ws&since=${seen[0]?.id}`)
  expect((await again.count(2)).map(({ event, data }) => [event, data.id])).toEqual([
    ['record', second],
    ['ready', undefined],
  ])
  again.socket.close()
})

test('a client that does not read gets at most the feed’s bound, then an error that says so', async () => {
  const one = await open('/v1/sync/subscribe?thread=th_slow')
  await one.count(1)
  one.socket.pause()
  for (let count = 0; count < 24; count += 1) await append('th_slow', 'x'.repeat(1_000_000))
  one.socket.resume()
  expect(await one.closed).toBe('4503 CONSUMER_TOO_SLOW')
  expect(one.messages.at(-1)).toMatchObject({ event: 'error', data: { code: 'CONSUMER_TOO_SLOW' } })
})

test('it ends with the token, and with the daemon’s word', async () => {
  const request = { name: 'reader', scopes: ['records:read'] } as const
  const { token, account } = await at.daemon.access.accounts.createWithToken(request, null)
  const one = await open('/v1/sync/subscribe', { authorization: `Bearer ${token}` })
  await at.daemon.access.accounts.revokeAccount(account, null)
  expect(await one.closed).toBe('4401 AUTH_REVOKED')
  expect(one.messages.at(-1)).toMatchObject({ event: 'error', data: { code: 'AUTH_REVOKED' } })
})

test('a subscriber has nothing to say', async () => {
  const one = await open('/v1/sync/subscribe')
  one.socket.send('hello')
  expect(await one.closed).toBe('1003 this WebSocket only sends')
  const two = await open('/v1/sync/subscribe')
  two.socket.send('x'.repeat(100_000))
  expect(await two.closed).toMatch(/^1009/)
})

test('a ticket opens it for a page, once', async () => {
  const answer = await at.post('/v1/stream-tickets', { path: '/v1/sync/subscribe' })
  const { ticket } = (await answer.json()) as { ticket: string }
  const path = `/v1/sync/subscribe?ticket=${ticket}`
  const socket = new WebSocket(`ws://127.0.0.1:${port()}${path}`)
  await once(socket, 'open')
  socket.close()
  const again = new WebSocket(`ws://127.0.0.1:${port()}${path}`)
  const [code, reason] = (await once(again, 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([4401, 'AUTH_INVALID'])
})

test('a WebSocket that the daemon has closed is gone in a few seconds, even if its client keeps sending', async () => {
  const head =
    'GET /v1/sync/subscribe?since=nonsense HTTP/1.1\r\n' +
    `Host: 127.0.0.1:${port()}\r\nOrigin: http://127.0.0.1:${port()}\r\nAuthorization: Bearer ${at.bearer}\r\n` +
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  const socket = connect({ port: port(), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.write(head)
  const [told] = (await once(socket, 'data')) as [Buffer]
  expect(told.toString()).toMatch(/^HTTP\/1\.1 101 /)
  const from = performance.now()
  // A masked ping.
  const drip = setInterval(() => socket.write(Buffer.from([0x89, 0x80, 1, 2, 3, 4])), 100)
  socket.resume()
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  clearInterval(drip)
  socket.destroy()
  expect(performance.now() - from).toBeLessThan(8_000)
})

test.for([
  ['without a bearer', '/v1/sync/subscribe', { authorization: '' }, 401, 'AUTH_INVALID'],
  [
    'of a page elsewhere',
    '/v1/sync/subscribe',
    { origin: 'https://evil.example' },
    403,
    'ORIGIN_NOT_ALLOWED',
  ],
  ['of a rebound name', '/v1/sync/subscribe', { host: 'evil.example' }, 421, 'HOST_NOT_ALLOWED'],
  ['with a wrong cursor', '/v1/sync/subscribe?since=x', {}, 400, 'INVALID_CURSOR'],
  ['elsewhere', '/v1/nothing', {}, 404, 'NOT_FOUND'],
  ['for what is no event stream', '/v1/threads', {}, 200, undefined],
  [
    'with a name that has an underscore',
    '/v1/sync/subscribe',
    { x_a: '1' },
    400,
    'INVALID_HEADERS',
  ],
  ['to a target that is none', '/v1//sync/../subscribe', {}, 400, 'INVALID_TARGET'],
] as const)(
  'a handshake %s gets the answer of any request',
  async ([, path, headers, status, code]) => {
    const answer = await handshake(path, headers)
    expect([answer.status, answer.json['code']]).toEqual([status, code])
  },
)

test('a handshake for an endless answer gets it as it comes, and its end with the connection', async () => {
  const asked = handshakeRequest('/v1/tunnel/log?via=all')
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  expect(answer.headers['content-type']).toBe('text/event-stream')
  let text = ''
  answer.on('data', (piece: Buffer) => (text += piece.toString()))
  while (!text.includes('event: ready')) await once(answer, 'data')
  answer.destroy()
  const watched = async () =>
    /spl_http_event_streams\{via="loopback"\} (\d+)/.exec(await (await at.get('/metrics')).text())
  // It may have closed its own half alone: that is found out within half a second.
  await expect.poll(async () => (await watched())?.[1], { timeout: 5_000 }).toBe('0')
})

test('an invalid handshake is refused, and the daemon goes on', async () => {
  const head = (more: string) =>
    `GET /v1/sync/subscribe HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${at.bearer}\r\n` +
    `Connection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`
  expect(await sendRaw(port(), head(''))).toMatch(/^HTTP\/1\.1 400 /)
  const bad = head('Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')
  expect(await sendRaw(port(), bad)).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(await sendRaw(port(), head('').replace('Host: 127.0.0.1', 'Host: a b'))).toMatch(
    /^HTTP\/1\.1 4\d\d /,
  )
  expect((await at.get('/health')).status).toBe(200)
})

test('when the daemon stops it closes as a restart does', async () => {
  await using other = await aDaemon()
  const socket = new WebSocket(`${other.base.replace('http', 'ws')}/v1/sync/subscribe`, {
    headers: { authorization: `Bearer ${other.bearer}` },
  })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  const before = performance.now()
  await other.daemon.stop()
  expect((await closed)[0]).toBe(1001)
  expect(performance.now() - before).toBeLessThan(4_000)
})

/** A handshake as a browser's, and the answer that is no WebSocket. */
async function handshake(path: string, headers: Record<string, string>) {
  const asked = handshakeRequest(path, headers)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const text = Buffer.concat(await answer.toArray()).toString()
  return { status: answer.statusCode, json: JSON.parse(text) as Record<string, unknown> }
}

function handshakeRequest(path: string, headers: Record<string, string> = {}) {
  return request({
    port: port(),
    host: '127.0.0.1',
    path,
    headers: {
      authorization: `Bearer ${at.bearer}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    },
  }).end()
}
