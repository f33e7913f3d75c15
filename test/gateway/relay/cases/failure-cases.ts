import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { sendBytes } from '../../../support/clients/raw-http.ts'
import type { Stage } from '../../../support/gateway/stage.ts'
import { streamOf } from './stream-of.ts'

/** An app that fails: the client must never take a part for the whole. */
export function failureCases(stage: () => Stage): void {
  const failing = (bytes: number) => {
    const source = streamOf(new Uint8Array(bytes), 10_000).getReader()
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        const { done, value } = await source.read()
        if (done) controller.error(new Error('the disk is gone'))
        else controller.enqueue(value)
      },
    })
  }

  /** A failure before the head has left is an error with a status, one after it a cut connection. */
  const outcome = (path: string) =>
    stage()
      .send({ path })
      .then(({ status, body }) => (status === 502 ? '502' : `${status} with ${body.length} bytes`))
      .catch(() => 'cut')

  describe('an answer that fails', () => {
    test.for([
      ['without a length', 500_000, {}],
      ['with a length', 500_000, { 'content-length': '1000000' }],
      ['early, without a length', 10, {}],
      ['early, with a length', 10, { 'content-length': '1000000' }],
    ] as const)('in its body, %s: the client sees an error', async ([_name, bytes, headers]) => {
      stage().app.answer('/fails', () => new Response(failing(bytes), { headers }))
      expect(await outcome('/fails')).toMatch(bytes > 100 ? /^cut$/ : /^cut$|^502$/)
      await stage().idle()
    })

    test.for([
      ['fewer', 99_999],
      ['more', 100_001],
      ['far more', 400_000],
      ['none', 0],
    ] as const)(
      'by giving %s bytes than it says: the client sees an error',
      async ([_name, bytes]) => {
        const headers = { 'content-length': '100000' }
        stage().app.answer(
          '/short',
          () => new Response(streamOf(new Uint8Array(bytes), 9_000), { headers }),
        )
        expect(await outcome('/short')).toMatch(/^cut$|^502$/)
        await stage().idle()
      },
    )

    test('by giving a small body another length than it says: an error', async () => {
      for (const length of ['3', '5']) {
        stage().app.answer('/small-lie', () => {
          return new Response(streamOf(new TextEncoder().encode('four'), 4), {
            headers: { 'content-length': length },
          })
        })
        expect(await outcome('/small-lie')).toMatch(/^cut$|^502$/)
      }
    })

    test('without a length: the last chunk never comes', async () => {
      stage().app.answer('/fails', () => new Response(failing(500_000)))
      const { gateway, identity } = stage()
      const bearer = `Authorization: Bearer ${identity.bearer}`
      const lines = ['GET /fails HTTP/1.1', `Host: ${gateway.authority}`, bearer, '', '']
      const answer = await sendBytes(gateway.port, lines.join('\r\n'))
      expect(answer).toMatch(/^HTTP\/1\.1 200 .*transfer-encoding: chunked/is)
      expect(answer).not.toMatch(/\r\n0\r\n\r\n$/)
    })

    test('by throwing: 500 by the daemon, and the tunnel lives', async () => {
      stage().app.answer('/throws', () => {
        throw new Error('bug')
      })
      stage().app.answer('/rejects', () => Promise.reject(new Error('bug')))
      for (const path of ['/throws', '/rejects']) {
        const answer = await stage().send({ path })
        expect(answer.status).toBe(500)
        expect(answer.json()).toMatchObject({
          code: 'INTERNAL',
          hop: 'daemon',
          request_id: answer.header('x-request-id'),
        })
        expect(answer.text).not.toContain('bug')
      }
      expect((await stage().send({ path: '/' })).text).toBe('home')
    })

    test('by a head that is too large: 502, and the tunnel lives', async () => {
      stage().app.answer(
        '/large',
        () => new Response('x', { headers: { 'x-a': 'a'.repeat(70_000) } }),
      )
      const answer = await stage().send({ path: '/large' })
      expect([answer.status, answer.json()['code']]).toEqual([502, 'BAD_UPSTREAM_RESPONSE'])
      expect((await stage().send({ path: '/' })).text).toBe('home')
    })

    test('by a field that may not be: 502, and the tunnel lives', async () => {
      stage().app.answer('/under', () => new Response('x', { headers: { x_a: 'a' } }))
      const answer = await stage().send({ path: '/under' })
      expect([answer.status, answer.json()['code']]).toEqual([502, 'BAD_UPSTREAM_RESPONSE'])
      await stage().idle()
    })

    test('while the client reads another: the other is whole', async () => {
      let source!: ReadableStreamDefaultController<Uint8Array>
      stage().app.answer('/other', () => {
        return new Response(
          new ReadableStream({ start: (controller) => void (source = controller) }),
        )
      })
      const incoming = await stage().open({ path: '/other' }).answer
      stage().app.answer('/fails', () => new Response(failing(500_000)))
      await expect(stage().send({ path: '/fails' })).rejects.toThrow(/aborted|terminated|hang up/)
      const piece = once(incoming, 'data')
      source.enqueue(new TextEncoder().encode('still here'))
      expect(String((await piece)[0])).toBe('still here')
      source.close()
      await once(incoming.resume(), 'end')
    })
  })
}
