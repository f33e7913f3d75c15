import { describe, expect, it } from 'vitest'
import {
  decodeRequestHead,
  decodeResponseHead,
  encodeHead,
  encodeHeadText,
  HeadError,
  type RequestHead,
} from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'

const request: RequestHead = {
  method: 'POST',
  target: '/v1/records?q=%2F%2e%C3%A9&&a=b+c',
  headers: [
    ['cookie', 'a=1'],
    ['accept', '*/*'],
    ['cookie', 'b="ü"'],
  ],
  host: 'home.example:8443',
  scheme: 'https',
  request_id: 'req_1',
  client: '2001:db8::7',
}

describe('the same head of a response', () => {
  const field = (name: string) =>
    encodeHead({
      status: 200,
      headers: [
        ['content-type', 'text/plain'],
        [name, 'spr_x'],
      ],
    })

  it('is read once, unless it has what a stream is resumed with: that is not kept', () => {
    expect(decodeResponseHead(field('x-other'))).toBe(decodeResponseHead(field('x-other')))
    const head = decodeResponseHead(field('x-spl-resume'))
    expect(decodeResponseHead(field('x-spl-resume'))).not.toBe(head)
    expect(decodeResponseHead(field('x-spl-resume'))).toEqual(head)
  })
})

describe('the head of a request', () => {
  it('crosses byte for byte, fields in order and as often as they came', () => {
    expect(decodeRequestHead(encodeHead(request))).toEqual(request)
  })

  it('leaves out what the gateway cannot know', () => {
    const { client: _client, ...least } = request
    expect(decodeRequestHead(encodeHead(least))).toEqual(least)
  })

  it('of a WebSocket, or of a stream that may join a group, says so', () => {
    const { method: _method, ...rest } = request
    const more = { ...rest, method: 'GET', upgrade: 'websocket', join: true } as const
    expect(decodeRequestHead(encodeHead(more))).toEqual(more)
  })

  it('has no field that this version does not know', () => {
    const more = encodeHeadText(JSON.stringify({ ...request, trusted: true }))
    expect(decodeRequestHead(more)).toEqual(request)
  })

  it.each([
    ['method', 'get'],
    ['method', 'GET /'],
    ['method', ''],
    ['method', 'CONNECT'],
    ['method', 'TRACE'],
    ['method', 'A'.repeat(33)],
    ['target', 'v1'],
    ['target', '*'],
    ['target', '//evil.example/'],
    ['target', '/a/../b'],
    ['target', '/a b'],
    ['target', '/\r\nx: y'],
    ['target', `/${'a'.repeat(LIMITS.targetBytes)}`],
    ['headers', {}],
    ['headers', [['a']]],
    ['headers', [['a', 1]]],
    ['headers', ['ab']],
    ['headers', [['a b', 'c']]],
    ['headers', [['a_b', 'c']]],
    ['headers', [['Accept', 'c']]],
    ['headers', [['', 'c']]],
    ['headers', [['a', 'b\r\nc: d']]],
    ['headers', [['a', 'b\0']]],
    ['headers', [['a', '\u2603']]],
    ['headers', [['a', '\ud800']]],
    ['headers', [['a', ' b']]],
    ['headers', [['content-length', '1e3']]],
    ['headers', [['content-length', '-1']]],
    [
      'headers',
      [
        ['content-length', '1'],
        ['content-length', '1'],
      ],
    ],
    [
      'headers',
      [
        ['authorization', 'a'],
        ['authorization', 'b'],
      ],
    ],
    ['host', ''],
    ['host', 'home.example/v1/secret?'],
    ['host', 'user@home.example'],
    ['host', 'home.example#'],
    ['host', '['],
    ['host', '[::1'],
    ['host', 'home.example:99999'],
    ['host', 'home.example\r\nx: y'],
    ['host', 'h\u00f6me.example'],
    ['host', 'a'.repeat(254)],
    ['scheme', 'ftp'],
    ['request_id', 7],
    ['request_id', ''],
    ['request_id', 'a\r\nb'],
    ['request_id', '\u20ac'],
    ['request_id', 'a b'],
    ['request_id', 'a'.repeat(129)],
    ['request_id', ['a']],
    ['client', null],
    ['client', ''],
    ['client', '192.0.2.7\r\nx: y'],
    ['client', 'nobody'],
    ['client', '1'.repeat(46)],
    ['upgrade', 'h2c'],
    ['upgrade', 'websocket'],
    ['join', 1],
    ['join', true],
  ])('with %s %j is none', (field, value) => {
    const bytes = encodeHeadText(JSON.stringify({ ...request, [field]: value }))
    expect(() => decodeRequestHead(bytes)).toThrow(HeadError)
    expect(() => decodeRequestHead(bytes)).toThrow(field)
  })

  it('is not read from a prototype', () => {
    const { method: _method, ...rest } = request
    const bytes = encodeHeadText(`{"__proto__":{"method":"GET"},${JSON.stringify(rest).slice(1)}`)
    expect(() => decodeRequestHead(bytes)).toThrow('method')
  })
})

describe('the head of an answer', () => {
  it.each([
    [[['x-a', 'b\r\nc: d']]],
    [[['x-a', '\u20ac']]],
    [[['X-A', 'b']]],
    [[['a b', 'c']]],
    [[['sec-websocket-protocol', 'a\0']]],
    [[['content-length', 'x']]],
    [{ length: 1 }],
    ['ab'],
    [null],
  ])('refuses the headers %j', (headers) => {
    const bytes = encodeHeadText(JSON.stringify({ status: 200, headers }))
    expect(() => decodeResponseHead(bytes)).toThrow(HeadError)
    expect(() => decodeResponseHead(bytes)).toThrow('headers')
  })

  it.each([101, 200, 304, 599])('takes status %i', (status) => {
    expect(decodeResponseHead(encodeHead({ status, headers: [] }))).toEqual({ status, headers: [] })
  })

  it.each([0, 99, 100, 102, 103, 199, 600, 200.5, -200])('refuses status %d', (status) => {
    expect(() => decodeResponseHead(encodeHead({ status, headers: [] }))).toThrow('status')
  })
})

/** A head of exactly so many bytes. */
function fits(bytes: number): RequestHead {
  const filled = (value: string) => ({ ...request, headers: [['x-filler', value]] as const })
  return filled('x'.repeat(bytes - encodeHeadText(JSON.stringify(filled(''))).length))
}

describe('limits', () => {
  it('the largest head passes, one byte more does not', () => {
    expect(encodeHead(fits(LIMITS.headBytes))).toHaveLength(LIMITS.headBytes)
    expect(decodeRequestHead(encodeHead(fits(LIMITS.headBytes)))).toEqual(fits(LIMITS.headBytes))
    expect(() => encodeHead(fits(LIMITS.headBytes + 1))).toThrow(HeadError)
    const over = new TextEncoder().encode(JSON.stringify(fits(LIMITS.headBytes + 1)))
    expect(() => decodeRequestHead(over)).toThrow('size limit')
  })

  it('counts fields', () => {
    const headers = Array.from({ length: LIMITS.headerFields }, () => ['a', 'b'] as const)
    expect(decodeResponseHead(encodeHead({ status: 200, headers })).headers).toHaveLength(256)
    const more = encodeHead({ status: 200, headers: [...headers, ['a', 'b']] })
    expect(() => decodeResponseHead(more)).toThrow('headers')
  })

  it('does not guess at broken UTF-8', () => {
    const broken = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)
    expect(() => decodeResponseHead(broken)).toThrow('not UTF-8')
  })
})
