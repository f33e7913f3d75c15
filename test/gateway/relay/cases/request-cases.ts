import { describe, expect, test } from 'vitest'
import { pattern } from '../../../support/wire/mux-end.ts'
import type { Stage } from '../../../support/gateway/stage.ts'

/** What of a request reaches the app, and in which form. */
export function requestCases(stage: () => Stage): void {
  describe('a request', () => {
    test.for(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])(
      'by %s reaches the app',
      async (method) => {
        stage().app.answer('/method', (request) => new Response(request.method))
        expect((await stage().send({ method, path: '/method' })).text).toBe(method)
      },
    )

    test('by HEAD gets the head that GET would get, and no body', async () => {
      stage().app.answer(
        '/head',
        ({ method }) =>
          new Response(method === 'HEAD' ? null : 'four', {
            headers: { 'content-length': '4', 'x-of': method },
          }),
      )
      const answer = await stage().send({ method: 'HEAD', path: '/head' })
      expect([answer.status, answer.header('content-length'), answer.body.length]).toEqual([
        200,
        '4',
        0,
      ])
      expect(answer.header('x-of')).toBe('HEAD')
    })

    test('by HEAD gets no body even if the app sends one, and its slot is free', async () => {
      stage().app.answer('/head-body', () => new Response('four'))
      const answer = await stage().send({ method: 'HEAD', path: '/head-body' })
      expect([answer.status, answer.body.length]).toEqual([200, 0])
      await stage().idle()
    })

    test.for([
      '/a%20b/%C3%A9/%2F?x=%41&y=a+b&&z==&q',
      '/~a/-._/:@!$&()*+,;=?a/b?c',
      '/?',
      '/.a/b..c/...',
    ])('has the target %s byte for byte', async (path) => {
      await stage().send({ path })
      expect(new URL(stage().gateway.origin).origin + path).toBe(stage().app.seen.at(-1)?.url)
    })

    test('keeps its values: case, spaces inside, repeats in their order', async () => {
      const headers = [
        ['X-Case', 'MiXed  Value\twith tab'],
        ['X-Many', 'one'],
        ['X-Empty', ''],
        ['X-Many', 'two, three'],
        ['X-Many', 'one'],
        ['Cookie', 'a=1; b="2"'],
        ['Accept-Encoding', 'zstd;q=0.5, *;q=0'],
        ['X-Utf8', 'caf\u00c3\u00a9 \u00e2\u0098\u0083'],
      ] as const
      await stage().send({ headers })
      const seen = new Headers(stage().app.seen.at(-1)?.headers as [string, string][])
      // The platform gives repeats as one list, which RFC 9110, section 5.3, calls the same.
      expect(seen.get('x-many')).toBe('one, two, three, one')
      expect(seen.get('x-case')).toBe('MiXed  Value\twith tab')
      expect(seen.get('x-empty')).toBe('')
      expect(seen.get('cookie')).toBe('a=1; b="2"')
      expect(seen.get('accept-encoding')).toBe('zstd;q=0.5, *;q=0')
      expect(seen.get('x-utf8')).toBe('caf\u00c3\u00a9 \u00e2\u0098\u0083')
    })

    test('brings the facts that the gateway knows, and one id for all', async () => {
      const answer = await stage().send({ path: '/facts' })
      const { facts, headers } = stage().app.seen.at(-1) ?? {}
      const { authority } = stage().gateway
      const id = answer.header('x-request-id')
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      expect(answer.all('x-request-id')).toHaveLength(1)
      expect(facts).toEqual({ via: 'tunnel', publicHost: authority, requestId: id })
      expect(new Headers(headers as [string, string][]).get('x-request-id')).toBe(id)
      expect(new Headers(headers as [string, string][]).get('x-forwarded-host')).toBe(authority)
      expect(new Headers(headers as [string, string][]).get('x-forwarded-proto')).toBe('http')
    })

    test('cannot bring what only the gateway may say', async () => {
      const forged = [
        'Forwarded',
        'X-Forwarded-For',
        'X-Forwarded-Host',
        'X-Forwarded-Proto',
        'X-Forwarded-Port',
        'X-Forwarded-Whatever',
        'X-Real-IP',
        'CF-Connecting-IP',
        'CF-Ray',
        'CF-Access-Jwt-Assertion',
        'True-Client-IP',
        'X-Request-Id',
        'X-Spl-Head',
        'X-Spl-Connect',
        'Proxy-Authorization',
        'Keep-Alive',
        'TE',
      ]
      await stage().send({ headers: forged.map((name) => [name, 'for=6.6.6.6'] as const) })
      expect(JSON.stringify(stage().app.seen.at(-1))).not.toContain('6.6.6.6')
    })

    test('cannot remove what the gateway says, nor keep a field from it, by Connection', async () => {
      const names = 'close, X-Forwarded-Host, X-Request-Id, X-Forwarded-For, X-Named, Host'
      const answer = await stage().send({
        headers: [
          ['Connection', names],
          ['X-Named', 'hop'],
          ['X-Forwarded-For', '6.6.6.6'],
        ],
      })
      const { facts, headers } = stage().app.seen.at(-1) ?? {}
      const seen = new Headers(headers as [string, string][])
      expect(seen.get('x-named')).toBeNull()
      expect(seen.get('x-forwarded-for')).toBeNull()
      expect(seen.get('x-forwarded-host')).toBe(stage().gateway.authority)
      expect(seen.get('x-request-id')).toBe(answer.header('x-request-id'))
      expect(facts?.publicHost).toBe(stage().gateway.authority)
    })

    test.for([0, 1, 1000, 64 * 1024, 1024 * 1024 + 1])('carries %i bytes up', async (length) => {
      stage().app.answer('/up', async (request) => new Response(await request.arrayBuffer()))
      const body = pattern(length)
      const answer = await stage().send({
        method: 'POST',
        path: '/up',
        headers: [['content-length', String(length)]],
        body,
      })
      expect(answer.body.equals(body)).toBe(true)
    })

    test.for(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'QUERY'])(
      'by %s may have a body, at no cost to others',
      async (method) => {
        stage().app.answer('/bodied', async (request) => {
          return new Response(method === 'HEAD' ? null : await request.text())
        })
        for (const headers of [
          [['content-length', '3']] as const,
          [['transfer-encoding', 'chunked']] as const,
        ]) {
          const answer = await stage().send({ method, path: '/bodied', headers, body: 'tea' })
          expect(answer.status).toBe(200)
          // For GET it means nothing (RFC 9110, section 9.3.1), and is left behind.
          expect(answer.text).toBe(['GET', 'HEAD'].includes(method) ? '' : 'tea')
        }
        await stage().idle()
      },
    )

    test('for a WebSocket is one by GET alone; by POST it is a plain request', async () => {
      stage().app.answer('/post-upgrade', async (request) => new Response(await request.text()))
      const headers = [
        ['connection', 'upgrade'],
        ['upgrade', 'websocket'],
        ['content-length', '3'],
      ] as const
      const sending = { method: 'POST', path: '/post-upgrade', headers, body: 'tea' }
      expect(await stage().send(sending)).toMatchObject({ status: 200, text: 'tea' })
    })

    test('carries compressed bytes up as they are', async () => {
      stage().app.answer('/up-gzip', async (request) => {
        const bytes = new Uint8Array(await request.arrayBuffer())
        return new Response(bytes, {
          headers: { 'x-was': request.headers.get('content-encoding') ?? '' },
        })
      })
      const body = pattern(5000)
      const headers = [['content-encoding', 'gzip'] as const, ['content-length', '5000'] as const]
      const answer = await stage().send({ method: 'PUT', path: '/up-gzip', headers, body })
      expect(answer.header('x-was')).toBe('gzip')
      expect(answer.body.equals(body)).toBe(true)
    })
  })
}
