import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { pattern } from '../../../support/wire/mux-end.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { streamOf } from './stream-of.ts'

/** What of the app's answer reaches the client, and in which form. */
export function answerCases(stage: () => Stage): void {
  describe('an answer', () => {
    test('has any status from 200 to 599', async () => {
      stage().app.answer('/status', ({ url }) => {
        const status = Number(new URL(url).search.slice(1))
        return new Response([204, 205, 304].includes(status) ? null : 'x', { status })
      })
      const statuses = Array.from({ length: 400 }, (_, index) => index + 200)
      const got: number[] = []
      for (let at = 0; at < statuses.length; at += 16) {
        const some = statuses.slice(at, at + 16)
        const answers = some.map((status) => stage().send({ path: `/status?${status}` }))
        for (const { status } of await Promise.all(answers)) got.push(status)
      }
      expect(got).toEqual(statuses)
    })

    test.for([204, 205, 304])('with %i has no body and says so', async (status) => {
      stage().app.answer('/none', () => new Response(null, { status, headers: { etag: '"1"' } }))
      const answer = await stage().send({ path: '/none' })
      expect([answer.status, answer.header('etag'), answer.body.length]).toEqual([status, '"1"', 0])
    })

    test('that redirects is for the client, not followed on the way', async () => {
      const headers = { location: 'https://elsewhere.example/x' }
      stage().app.answer('/redirect', () => new Response(null, { status: 307, headers }))
      const answer = await stage().send({ path: '/redirect' })
      expect([answer.status, answer.header('location')]).toEqual([307, headers.location])
    })

    test.for([
      ['plain', 200, 'text/plain'],
      ['refused', 401, 'application/json'],
      ['events', 200, 'text/event-stream'],
    ] as const)(
      'that is %s keeps from the client how its stream is resumed',
      async ([name, status, type]) => {
        const path = `/between-${name}`
        const fields = { 'content-type': type, 'X-Spl-Resume': 'spr_secret' }
        stage().app.answer(path, () => new Response('id: 1\n\n', { status, headers: fields }))
        const accept = ['accept', 'text/event-stream'] as const
        for (const headers of [[], [accept]]) {
          for (const method of ['GET', 'HEAD', 'POST']) {
            const answer = await stage().send({ method, path, headers })
            expect([answer.status, answer.header('content-type')]).toEqual([status, type])
            expect(answer.fields.flat().join()).not.toMatch(/spr_|x-spl/i)
          }
        }
      },
    )

    test('keeps several Set-Cookie several, and in order', async () => {
      const cookies = ['a=1; Path=/', 'b=2, with; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'a=3']
      stage().app.answer(
        '/cookies',
        () => new Response('', { headers: cookies.map((value) => ['set-cookie', value]) }),
      )
      expect((await stage().send({ path: '/cookies' })).all('set-cookie')).toEqual(cookies)
    })

    test('keeps its values byte for byte, and leaves the fields of the hop behind', async () => {
      stage().app.answer(
        '/fields',
        () =>
          new Response('x', {
            headers: {
              // The bytes of `é` and a snowman in UTF-8: as a file's name is sent by most.
              'x-utf8': 'caf\u00c3\u00a9 \u00e2\u0098\u0083',
              'x-list': 'a, b',
              'x-empty': '',
              vary: 'Origin',
              connection: 'x-hop',
              'x-hop': '1',
              'keep-alive': 'timeout=5',
              'proxy-authenticate': 'Basic',
              'x-request-id': 'of-the-app',
            },
          }),
      )
      const answer = await stage().send({ path: '/fields' })
      expect(answer.header('x-utf8')).toBe('caf\u00c3\u00a9 \u00e2\u0098\u0083')
      expect(answer.header('x-list')).toBe('a, b')
      expect(answer.header('x-empty')).toBe('')
      expect(answer.header('vary')).toBe('Origin')
      expect(answer.header('x-hop')).toBeUndefined()
      expect(answer.header('keep-alive')).not.toBe('timeout=5')
      expect(answer.header('proxy-authenticate')).toBeUndefined()
      expect(answer.all('x-request-id')).toEqual([stage().app.seen.at(-1)?.facts.requestId])
    })

    test.for([
      ['gzip', true],
      ['gzip', false],
      ['br', true],
      ['br', false],
    ] as const)('in %s passes byte for byte (length known: %s)', async ([coding, known]) => {
      const pack = coding === 'gzip' ? gzipSync : brotliCompressSync
      const bytes = new Uint8Array(pack(pattern(100_000)))
      const headers = new Headers({ 'content-encoding': coding, 'content-type': 'text/plain' })
      if (known) headers.set('content-length', String(bytes.length))
      stage().app.answer('/coded', () => new Response(streamOf(bytes, 7000), { headers }))
      const accept = [['accept-encoding', coding]] as const
      const answer = await stage().send({ path: '/coded', headers: accept })
      expect(answer.header('content-encoding')).toBe(coding)
      expect(answer.header('content-length')).toBe(known ? String(bytes.length) : undefined)
      expect(answer.body.equals(bytes)).toBe(true)
    })

    test('that is not compressed stays so, although the client would take gzip', async () => {
      const headers = { 'content-type': 'text/html' }
      stage().app.answer('/plain', () => new Response('a'.repeat(20_000), { headers }))
      const accept = [['accept-encoding', 'gzip, br']] as const
      const answer = await stage().send({ path: '/plain', headers: accept })
      expect(answer.header('content-encoding')).toBeUndefined()
      expect(answer.text).toBe('a'.repeat(20_000))
    })

    test.for([0, 1, 32 * 1024, 32 * 1024 + 1, 64 * 1024, 1024 * 1024 + 1])(
      'of %i bytes arrives whole, with its length if the app says it',
      async (length) => {
        const body = pattern(length)
        stage().app.answer('/sized', () => new Response(body))
        stage().app.answer(
          '/sized-told',
          () =>
            new Response(streamOf(body, 5000), { headers: { 'content-length': String(length) } }),
        )
        const answer = await stage().send({ path: '/sized' })
        expect(answer.body.equals(body)).toBe(true)
        const told = await stage().send({ path: '/sized-told' })
        expect(told.header('content-length')).toBe(String(length))
        expect(told.body.equals(body)).toBe(true)
      },
    )
  })
}
