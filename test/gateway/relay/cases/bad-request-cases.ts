import { describe, expect, test } from 'vitest'
import { sendBytes } from '../../../support/clients/raw-http.ts'
import type { Stage } from '../../../support/gateway/stage.ts'

interface RawRequest {
  readonly line?: string
  readonly host?: string
  readonly fields?: readonly string[]
  readonly body?: string
}

/** What must never reach home, or never in the form in which it came: written byte by byte. */
export function badRequestCases(stage: () => Stage): void {
  const raw = ({ line, host, fields, body }: RawRequest): Promise<string> => {
    const { gateway, identity } = stage()
    const lines = [
      line ?? 'GET /raw HTTP/1.1',
      `Host: ${host ?? gateway.authority}`,
      `Authorization: Bearer ${identity.bearer}`,
      ...(fields ?? []),
      'Connection: close',
    ]
    return sendBytes(gateway.port, `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
  }
  /** The status and, if it is one of ours, the code. Nothing reached home. */
  const refusal = async (request: RawRequest): Promise<string> => {
    const before = stage().app.seen.length
    const answer = await raw(request)
    expect(stage().app.seen.slice(before)).toEqual([])
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]
    const code = /"code":"([A-Z_]+)"/.exec(answer)?.[1]
    return code === undefined ? `${status}` : `${status} ${code}`
  }
  /** Where a front of ours reads the heads, it says what is wrong with one; the bare runtime gives a status alone. */
  const byFront = (status: string, code: string): string => (stage().gateway.front ? code : status)
  const many = (count: number, field: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => field(index))

  describe('refused is', () => {
    test.for([
      '//evil',
      '//evil.example/x',
      '/a/../b',
      '/..',
      '/a/./b',
      '/.',
      '/%2e%2e/x',
      '/a/%2E./b',
      '/a/.%2e',
      '/a%2f..%2fb',
      '/a%5c..%5cb',
      '/a\\b',
      '/a"b',
      '/a|b',
      '/{a}',
      '/%zz',
      '/%',
      '/\u00c3\u00a9',
    ])('the target %s', async (target) => {
      expect(await refusal({ line: `GET ${target} HTTP/1.1` })).toBe('400 INVALID_TARGET')
    })

    test.for(['\\\\', '/a\tb', '/<script>', '/\u00e9', 'evil.example:80/', '?x=1', ''])(
      'the target %s, by the runtime',
      async (target) => {
        expect(await refusal({ line: `GET ${target} HTTP/1.1` })).toMatch(/^400/)
      },
    )

    test('a target over 16 KiB', async () => {
      expect(await refusal({ line: `GET /${'a'.repeat(16 * 1024)} HTTP/1.1` })).toBe(
        '400 INVALID_TARGET',
      )
    })

    test('a target of 100 KiB', async () => {
      expect(await refusal({ line: `GET /${'a'.repeat(100 * 1024)} HTTP/1.1` })).toBe(
        byFront('414', '431 HEADERS_TOO_LARGE'),
      )
    })

    test.for(['CONNECT evil.example:443', 'CONNECT /x', 'FOO /x', 'get /x', 'OPTIONS *'])(
      'the request line %s',
      async (line) => {
        expect(await refusal({ line: `${line} HTTP/1.1` })).toMatch(/^[45]\d\d/)
      },
    )

    test.for(['TRACE', 'PURGE', 'PROPFIND', 'LOCK'])('the method %s', async (method) => {
      expect(await raw({ line: `${method} /x HTTP/1.1` })).toMatch(/^allow: GET, HEAD, POST, /im)
      expect(await refusal({ line: `${method} /x HTTP/1.1` })).toBe('405 METHOD_NOT_ALLOWED')
    })

    test.for([
      'a/b',
      'a?b',
      'a#b',
      'user@a',
      'a, b',
      'a b',
      'a\\b',
      'a:b',
      'a:99999999',
      '[::1',
      'a%41',
      '1.2.3.999',
    ])('the host %s', async (host) => {
      expect(await refusal({ host })).toBe('400 INVALID_HEADERS')
    })

    test('an empty host, and none', async () => {
      expect(await refusal({ host: '' })).toBe(byFront('400', '400 INVALID_HEADERS'))
      const { identity, gateway, app } = stage()
      const before = app.seen.length
      const bearer = `Authorization: Bearer ${identity.bearer}`
      expect(await sendBytes(gateway.port, `GET /x HTTP/1.0\r\n${bearer}\r\n\r\n`)).toMatch(/ 400 /)
      expect(app.seen).toHaveLength(before)
    })

    test.for([
      ['two Host', ['Host: other'], '400 INVALID_HEADERS'],
      ['two Authorization', ['Authorization: Bearer other'], '400 INVALID_HEADERS'],
      [
        'two Content-Length',
        ['Content-Length: 3', 'Content-Length: 4'],
        '400',
        '400 INVALID_HEADERS',
      ],
      ['a Content-Length that is none', ['Content-Length: 0x3'], '400', '400 INVALID_HEADERS'],
      ['a negative Content-Length', ['Content-Length: -3'], '400', '400 INVALID_HEADERS'],
      ['an underscore in a name', ['X_Forwarded_For: 1'], '400 INVALID_HEADERS'],
      ['a broken name', ['X(y): 1'], '400', '400 INVALID_REQUEST'],
      ['a blank before the colon', ['X-A : 1'], '400', '400 INVALID_REQUEST'],
      ['a folded line', ['X-A: 1', ' 2'], '400', '400 INVALID_REQUEST'],
      ['NUL in a value', ['X-A: 1\x002'], '400', '400 INVALID_REQUEST'],
      ['bytes that are no UTF-8', ['X-A: caf\u00e9'], '400 INVALID_HEADERS'],
      ['a Connection that lists no names', ['Connection: a b'], '400 INVALID_HEADERS'],
      ['a field of 100 KiB', [`X-A: ${'a'.repeat(100 * 1024)}`], '431 HEADERS_TOO_LARGE'],
      ['300 fields', many(300, (index) => `X-H${index}: 1`), '431 HEADERS_TOO_LARGE'],
      [
        '70 KiB in 200 fields',
        many(200, (index) => `X-H${index}: ${'a'.repeat(350)}`),
        '431 HEADERS_TOO_LARGE',
      ],
    ] as const)('a head with %s', async ([_name, fields, expected, code = expected]) => {
      expect(await refusal({ line: 'POST /raw HTTP/1.1', fields, body: 'abcd' })).toBe(
        byFront(expected, code),
      )
    })

    test('a head whose JSON is larger than a frame may carry, although its fields are not', async () => {
      // Each quote is one byte in the field and two in the head.
      const fields = [`X-A: ${'"'.repeat(60 * 1024)}`]
      expect(await refusal({ fields })).toBe('431 HEADERS_TOO_LARGE')
    })
  })

  describe('taken as RFC 9112 says is', () => {
    const last = () => stage().app.seen.at(-1)

    test.for(['http://evil.example', 'http://user:pass@evil.example:81', 'https://evil.example'])(
      'the absolute form %s: the host is the Host field, nothing of the URL but its path crosses',
      async (origin) => {
        expect(await raw({ line: `GET ${origin}/raw?x HTTP/1.1` })).toMatch(/^HTTP\/1\.1 200/)
        expect(last()?.url).toBe(`${stage().gateway.origin}/raw?x`)
        expect(last()?.facts.publicHost).toBe(stage().gateway.authority)
        expect(JSON.stringify(last())).not.toContain('evil')
      },
    )

    test('the absolute form with a bad path: refused like any other', async () => {
      expect(await refusal({ line: 'GET http://x/a/../b HTTP/1.1' })).toBe('400 INVALID_TARGET')
      expect(await refusal({ line: 'GET http://x//b HTTP/1.1' })).toBe('400 INVALID_TARGET')
    })

    test('Transfer-Encoding beside Content-Length: refused, or the chunks count and the length does not cross', async () => {
      stage().app.answer('/smuggle', async (request) => {
        return Response.json([request.headers.get('content-length'), await request.text()])
      })
      const fields = ['Content-Length: 30', 'Transfer-Encoding: chunked']
      const body = '3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n'
      const answer = await raw({ line: 'POST /smuggle HTTP/1.1', fields, body })
      if (stage().gateway.front) {
        expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"INVALID_HEADERS"/)
        expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
        expect(last()?.url).not.toMatch(/smuggle/)
        return
      }
      expect(answer).toContain('[null,"abc"]')
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
      expect(last()?.url).toMatch(/\/smuggle$/)
    })

    test('a fragment: it does not cross', async () => {
      await raw({ line: 'GET /raw#top HTTP/1.1' })
      expect(last()?.url).toBe(`${stage().gateway.origin}/raw`)
    })

    test('Expect: 100-continue: answered here, and not relayed', async () => {
      const fields = ['Expect: 100-continue', 'Content-Length: 1']
      const answer = await raw({ line: 'POST /raw HTTP/1.1', fields, body: 'x' })
      expect(answer).toMatch(/^HTTP\/1\.1 (100|200)/)
      expect(last()?.headers.some(([name]) => name === 'expect')).toBe(false)
    })
  })
}
