import { afterAll, beforeAll, expect, test } from 'vitest'
import { aRealHome, type RealHome } from '../support/daemon/a-real-home.ts'
import { sendBytes } from '../support/clients/raw-http.ts'

/*
 * A request that is written byte by byte, to the daemon's own port and to a self-hosted gateway before it: both say the same.
 */

let home: RealHome

beforeAll(async () => {
  home = await aRealHome()
})
afterAll(() => home[Symbol.asyncDispose]())

interface Bytes {
  readonly line?: string
  /** Undefined: the door's own. */
  readonly host?: readonly string[]
  readonly fields?: readonly string[]
  readonly body?: string
}

const RECORD = JSON.stringify({ thread: 'th_doors', act: 'DO', body: { text: 'tea' } })
const HANDSHAKE = ['Upgrade: websocket', 'Connection: Upgrade, close']
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const POST = 'POST /v1/records HTTP/1.1'

/** Status, code and whether the answer is the one JSON form with an id; by which door. */
async function told(port: number, { line, host, fields = [], body = '' }: Bytes) {
  const hosts = host ?? [`Host: localhost:${port}`]
  const closes = fields.some((field) => field.startsWith('Connection:'))
  const lines = [
    line ?? 'GET /health HTTP/1.1',
    ...hosts,
    `Authorization: Bearer ${home.bearer}`,
    ...fields,
    ...(closes ? [] : ['Connection: close']),
  ]
  const answer = await sendBytes(port, `${lines.join('\r\n')}\r\n\r\n${body}`)
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]
  const code = /"code":"([A-Z_]+)"/.exec(answer)?.[1]
  return { said: code === undefined ? `${status}` : `${status} ${code}`, answer }
}

const INPUTS: readonly (readonly [what: string, expected: string, bytes: Bytes])[] = [
  ['a request', '200', {}],
  ['no Host', '400 INVALID_HEADERS', { host: [] }],
  ['an empty Host', '400 INVALID_HEADERS', { host: ['Host:'] }],
  ['two Host lines', '400 INVALID_HEADERS', { host: ['Host: localhost', 'Host: localhost'] }],
  ['no Host in HTTP/1.0', '400 INVALID_HEADERS', { line: 'GET /health HTTP/1.0', host: [] }],
  ['a target without a host', '400 INVALID_TARGET', { line: 'GET http:///health HTTP/1.1' }],
  ['a method in lower case', '405 METHOD_NOT_ALLOWED', { line: 'get /health HTTP/1.1' }],
  [
    'a method of 40 letters',
    '405 METHOD_NOT_ALLOWED',
    { line: `${'A'.repeat(40)} /health HTTP/1.1` },
  ],
  ['HTTP/2.0 in a request line', '400 INVALID_REQUEST', { line: 'GET /health HTTP/2.0' }],
  [
    'a body that is coded twice',
    '400 INVALID_HEADERS',
    { line: POST, fields: ['Transfer-Encoding: gzip, chunked'], body: '0\r\n\r\n' },
  ],
  [
    'a length with leading zeros',
    '400 INVALID_HEADERS',
    {
      line: POST,
      fields: ['Content-Type: application/json', `Content-Length: 000${RECORD.length}`],
      body: RECORD,
    },
  ],
  ['an expectation that nobody knows', '200', { fields: ['Expect: tea'] }],
  [
    'a WebSocket of another version',
    '426 UPGRADE_REQUIRED',
    {
      line: 'GET /v1/sync/subscribe HTTP/1.1',
      fields: [...HANDSHAKE, KEY, 'Sec-WebSocket-Version: 8'],
    },
  ],
  [
    'a WebSocket without a key',
    '400 INVALID_HEADERS',
    {
      line: 'GET /v1/sync/subscribe HTTP/1.1',
      fields: [...HANDSHAKE, 'Sec-WebSocket-Version: 13'],
    },
  ],
  [
    'a WebSocket on a path that is no route',
    '404 NOT_FOUND',
    { line: 'GET /v1/nope HTTP/1.1', fields: [...HANDSHAKE, KEY, 'Sec-WebSocket-Version: 13'] },
  ],
]

test.each(INPUTS)(
  '%s is answered alike at home and at the gateway: %s',
  async (_what, expected, bytes) => {
    const atHome = await told(home.daemon().addresses.tcp.port, bytes)
    const atGateway = await told(home.gateway.port, bytes)
    expect([atHome.said, atGateway.said]).toEqual([expected, expected])
    // Each answer of the gateway is in the one form, and can be named.
    expect(atGateway.answer).toMatch(/^content-type: application\/json/im)
    expect(atGateway.answer).toMatch(/^x-request-id: /im)
  },
)

test('a WebSocket of another version is told which one there is, at both doors', async () => {
  const bytes = {
    line: 'GET /v1/sync/subscribe HTTP/1.1',
    fields: [...HANDSHAKE, KEY, 'Sec-WebSocket-Version: 8'],
  }
  for (const port of [home.daemon().addresses.tcp.port, home.gateway.port]) {
    expect((await told(port, bytes)).answer).toMatch(/^sec-websocket-version: 13\r$/im)
  }
})

test('an answer of HTTP/1.0 does not claim that the connection stays, at both doors', async () => {
  const bytes = { line: 'GET /v1/threads HTTP/1.0', fields: ['Connection: keep-alive'] }
  const { answer } = await told(home.gateway.port, bytes)
  expect(answer).toMatch(/^HTTP\/1\.[01] 200 /)
  if (!/^content-length:/im.test(answer)) expect(answer).not.toMatch(/^connection: *keep-alive/im)
})
