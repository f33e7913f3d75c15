import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { bigBody, hashOf } from '../hashing.ts'
import { head } from '../../../support/clients/send.ts'
import type { Stage } from '../../../support/gateway/stage.ts'

/** Bodies that are long, or whose end is far away. */
export function streamCases(stage: () => Stage): void {
  const big = bigBody(512)

  describe('a long body', () => {
    test.for([true, false])('of 32 MiB goes up (length known: %s)', async (known) => {
      stage().app.answer('/big-up', async ({ body }) => {
        return Response.json(await hashOf(body as ReadableStream<Uint8Array>))
      })
      const headers = known
        ? [['content-length', String(big.length)] as const]
        : [['transfer-encoding', 'chunked'] as const]
      const answer = await stage().send({
        method: 'POST',
        path: '/big-up',
        headers,
        body: big.readable(),
      })
      expect(answer.json()).toEqual({ hash: big.hash, length: big.length })
    })

    test.for([true, false])('of 32 MiB comes down (length known: %s)', async (known) => {
      const headers = known ? { 'content-length': String(big.length) } : {}
      stage().app.answer('/big-down', () => new Response(big.stream(), { headers }))
      const answer = await stage().open({ path: '/big-down' }).answer
      expect(await hashOf(answer)).toEqual({ hash: big.hash, length: big.length })
    })

    test('goes up and comes down at once', async () => {
      stage().app.answer('/both', ({ body }) => new Response(body))
      const sending = stage().open({
        method: 'POST',
        path: '/both',
        headers: [['transfer-encoding', 'chunked']],
        body: big.readable(),
      })
      expect(await hashOf(await sending.answer)).toEqual({ hash: big.hash, length: big.length })
      await stage().idle()
    })
  })

  describe('a stream', () => {
    test('is a conversation: each piece is answered before the next is sent', async () => {
      stage().app.answer('/talk', ({ body }) => new Response(body))
      const body = new PassThrough()
      const headers = [['transfer-encoding', 'chunked']] as const
      const sending = stage().open({ method: 'POST', path: '/talk', headers, body })
      body.write('0')
      const incoming = await sending.answer
      for (let turn = 0; turn < 20; turn += 1) {
        const [piece] = (await once(incoming, 'data')) as [Buffer]
        expect(piece.toString()).toBe(String(turn))
        body.write(String(turn + 1))
      }
      body.end()
      await once(incoming.resume(), 'end')
      await stage().idle()
    })

    test('of events brings each alone and at once, the head before the first', async () => {
      let source!: ReadableStreamDefaultController<Uint8Array>
      const events = new ReadableStream<Uint8Array>({
        start: (controller) => void (source = controller),
      })
      stage().app.answer('/events', () => {
        const headers = {
          'content-type': 'text/event-stream',
          'cache-control': 'no-cache, no-transform',
        }
        return new Response(events as ReadableStream<Uint8Array<ArrayBuffer>>, { headers })
      })
      const accept = [
        ['accept', 'text/event-stream'] as const,
        ['accept-encoding', 'gzip, br'] as const,
      ]
      const incoming = await stage().open({ path: '/events', headers: accept }).answer
      expect(head(incoming).header('content-type')).toBe('text/event-stream')
      expect(head(incoming).header('content-encoding')).toBeUndefined()
      for (let id = 1; id <= 20; id += 1) {
        const event = `id: ${id}\ndata: tea\n\n`
        const arrived = once(incoming, 'data')
        source.enqueue(new TextEncoder().encode(event))
        // Nothing follows it: one that waited for company in a buffer would never come.
        const [piece] = (await arrived) as [Buffer]
        expect(piece.toString()).toBe(event)
      }
      source.close()
      await once(incoming.resume(), 'end')
    })

    test('that is answered early: the answer arrives whole, and the upload stops', async () => {
      stage().app.answer('/early', () => Response.json({ code: 'BODY_TOO_LARGE' }, { status: 413 }))
      const body = new PassThrough()
      const headers = [['transfer-encoding', 'chunked']] as const
      const sending = stage().open({ method: 'POST', path: '/early', headers, body })
      const closed = once(sending.request, 'close')
      body.write('the beginning')
      const incoming = await sending.answer
      expect(incoming.statusCode).toBe(413)
      expect(JSON.parse((await buffer(incoming)).toString())).toEqual({ code: 'BODY_TOO_LARGE' })
      await stage().idle()
      // Nobody wants the rest: it may fill the pipes in between, and then the connection ends.
      let sent = 0
      const pump = setInterval(() => {
        while (!body.writableNeedDrain && sent < 256 * 1024 * 1024) {
          body.write(Buffer.alloc(64 * 1024))
          sent += 64 * 1024
        }
      }, 1)
      await closed
      clearInterval(pump)
      expect(sent).toBeLessThan(64 * 1024 * 1024)
    })

    test('does not hold back small requests while bodies run both ways', async () => {
      stage().app.answer('/big-up', async ({ body }) => {
        return Response.json(await hashOf(body as ReadableStream<Uint8Array>))
      })
      stage().app.answer('/big-down', () => new Response(big.stream()))
      let running = true
      const down = stage().open({ path: '/big-down' }).answer.then(hashOf)
      const up = stage().send({
        method: 'POST',
        path: '/big-up',
        headers: [['transfer-encoding', 'chunked']],
        body: big.readable(),
      })
      const bulk = Promise.all([down, up]).then(([{ hash }, answer]) => {
        running = false
        return [hash, answer.json()['hash']]
      })
      let small = 0
      while (running) {
        expect((await stage().send({ path: '/small' })).text).toBe('home')
        small += 1
      }
      expect(await bulk).toEqual([big.hash, big.hash])
      expect(small).toBeGreaterThan(3)
    })
  })
}
