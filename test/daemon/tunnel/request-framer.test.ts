import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FRONT_LIMITS } from '../../../local-daemon/gateway/front/front-limits.ts'
import { RequestFramer } from '../../../local-daemon/gateway/front/request-framer.ts'

/** What workerd would get, and the fault at the end if there is one; the bytes come in these parts. */
function pass(parts: readonly Buffer[]): { readonly bytes: string; readonly fault?: string } {
  const framer = new RequestFramer('X-Spl-Client-Address: 192.0.2.1\r\n', FRONT_LIMITS)
  let bytes = ''
  for (const part of parts) {
    framer.feed(part)
    for (let piece = framer.next(); piece !== undefined; piece = framer.next()) {
      if (piece.kind === 'fault') return { bytes, fault: piece.fault.code }
      bytes += (piece.kind === 'head' ? piece.head.bytes : piece.bytes).toString('latin1')
    }
  }
  return { bytes }
}

function split(text: string, sizes: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const parts: Buffer[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}

const OWN = 'X-Spl-Client-Address: 192.0.2.1\r\n'
const request = fc.oneof(
  fc.constant(['GET /a HTTP/1.1\r\nHost: a\r\n', '']),
  fc.string({ maxLength: 20 }).map((text) => {
    const body = Buffer.from(text)
    return [
      `POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n`,
      body.toString('latin1'),
    ]
  }),
  fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 }).map((chunks) => {
    const framed = chunks.map((text) => {
      const body = Buffer.from(text)
      return `${body.length.toString(16)};x=1\r\n${body.toString('latin1')}\r\n`
    })
    return [
      'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n',
      `${framed.join('')}0\r\nA: b\r\n\r\n`,
    ]
  }),
)

describe('the frames of a connection', () => {
  test('are the same for every split of the bytes, and every head gets the front’s own lines', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 5 }), sizes, (requests, cuts) => {
        const sent = requests.map(([head, body]) => `${head}\r\n${body}`).join('')
        const expected = requests.map(([head, body]) => `${head}${OWN}\r\n${body}`).join('')
        expect(pass(split(sent, cuts))).toEqual({ bytes: expected })
      }),
      { numRuns: 500 },
    )
  })

  test('hold no head without the front’s own lines, for any input', () => {
    const scraps = [
      'GET / HTTP/1.1\r\nHost: a\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\r\n',
      '3\r\n',
      '0\r\n',
    ]
    const scrap = fc.oneof(
      fc.constantFrom(...scraps, 'abc', '\n', '\r', '\0', ' '),
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    )
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 20 }), (parts) => {
        const text = parts.join('')
        const whole = pass([Buffer.from(text, 'latin1')])
        expect(pass(split(text, [3, 1]))).toEqual(whole)
        const heads = whole.bytes.split(OWN).length - 1
        expect(heads).toBeLessThanOrEqual(text.split('GET / HTTP/1.1').length - 1)
        // A scrap before it may make the method another one.
        if (whole.bytes !== '') expect(whole.bytes).toMatch(/^[!-~]*GET \/ HTTP\/1\.1\r\n[^]*X-Spl/)
      }),
      { numRuns: 1_000 },
    )
  })

  test.for([
    [
      'two lengths',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
      'INVALID_HEADERS',
    ],
    [
      'a length in hexadecimal',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n',
      'INVALID_HEADERS',
    ],
    [
      'a signed length',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n',
      'INVALID_HEADERS',
    ],
    [
      'a length beside chunks',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'INVALID_HEADERS',
    ],
    [
      'another coding',
      'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      'INVALID_HEADERS',
    ],
    [
      'chunks of HTTP/1.0',
      'GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
      'INVALID_HEADERS',
    ],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 'INVALID_REQUEST'],
    [
      'a bare carriage return',
      'GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n',
      'INVALID_REQUEST',
    ],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n', 'INVALID_REQUEST'],
    [
      'a blank before a colon',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\n',
      'INVALID_REQUEST',
    ],
    ['another version', 'GET / HTTP/2.0\r\n\r\n', 'INVALID_REQUEST'],
    [
      'a chunk that is longer than it says',
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc',
      'INVALID_REQUEST',
    ],
    [
      'a chunk size with a sign',
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n',
      'INVALID_REQUEST',
    ],
    [
      'a chunk size in a bare line',
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nabc',
      'INVALID_REQUEST',
    ],
    [
      'a line of a chunk without an end',
      `PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(2_000)}`,
      'INVALID_REQUEST',
    ],
    [
      'trailers without an end',
      `PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(4_000)}`,
      'INVALID_REQUEST',
    ],
    [
      'a head of 70 KiB',
      `GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(70_000)}\r\n\r\n`,
      'HEADERS_TOO_LARGE',
    ],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\n\r\n', 'METHOD_NOT_ALLOWED'],
  ] as const)('%s is a fault', ([_what, text, code]) => {
    expect(pass(split(text, [1_000])).fault).toBe(code)
    if (text.length < 1_000) expect(pass(split(text, [1])).fault).toBe(code)
  })
})
