import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Stage } from '../../../support/gateway/stage.ts'
import { settled, until } from '../../../support/until.ts'

/** A client that goes away: home must hear of it, and the slot must be free. */
export function cancelCases(stage: () => Stage): void {
  /** Requests for this path are answered by a body that this makes; tells when the app hears the abort. */
  const aborted = (path: string, body: (write: (text: string) => void) => () => void) => {
    let hear!: () => void
    const heard = new Promise<void>((resolve) => (hear = resolve))
    stage().app.answer(path, ({ signal }) => {
      let stop = () => {}
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          stop = body((text) => controller.enqueue(new TextEncoder().encode(text)))
        },
        cancel: () => stop(),
      })
      signal.addEventListener('abort', () => {
        stop()
        hear()
      })
      return new Response(stream)
    })
    return heard
  }
  const everyMs = (ms: number, text: string) => (write: (text: string) => void) => {
    write(text)
    const timer = setInterval(() => write(text), ms)
    return () => clearInterval(timer)
  }

  describe('a client that goes away', () => {
    test('from a body that flows: the app hears it at once', async () => {
      const heard = aborted('/flow', everyMs(5, 'x'.repeat(1000)))
      const sending = stage().open({ path: '/flow' })
      await once(await sending.answer, 'data')
      sending.request.destroy()
      const at = performance.now()
      await heard
      expect(performance.now() - at).toBeLessThan(2_000)
      await stage().idle()
    })

    test('from a body that it had stopped reading: the app hears it', async () => {
      let hear!: () => void
      const heard = new Promise<void>((resolve) => (hear = resolve))
      let pieces = 0
      stage().app.answer('/stuffed', ({ signal }) => {
        signal.addEventListener('abort', () => hear())
        return new Response(
          new ReadableStream<Uint8Array<ArrayBuffer>>({
            pull(controller) {
              pieces += 1
              controller.enqueue(new Uint8Array(64 * 1024))
            },
          }),
        )
      })
      const sending = stage().open({ path: '/stuffed' })
      const incoming = await sending.answer
      incoming.pause()
      await settled(() => pieces)
      // All that lies between home and a client that reads nothing: sockets, streams, one window.
      expect(pieces).toBeLessThan(400)
      sending.request.destroy()
      await heard
      await stage().idle()
    })

    test('from a silent body: the app hears it by the next writes', async () => {
      const heard = aborted('/silent', everyMs(100, ': beat\n\n'))
      const sending = stage().open({ path: '/silent' })
      await once(await sending.answer, 'data')
      sending.request.destroy()
      await heard
      await stage().idle()
    })

    test('in the middle of its upload: the app sees an error, not a short body', async () => {
      let result: Promise<string> | undefined
      stage().app.answer('/cut-up', (request) => {
        result = request.text().then(
          (text) => `whole: ${text.length}`,
          (error: Error) => `error: ${error.message}`,
        )
        return result.then((text) => new Response(text))
      })
      for (const headers of [
        [['content-length', '1000000']] as const,
        [['transfer-encoding', 'chunked']] as const,
      ]) {
        result = undefined
        const sending = stage().open({ method: 'POST', path: '/cut-up', headers, body: endless() })
        sending.request.on('error', () => {})
        await until('the app reads', () => result !== undefined)
        sending.request.destroy()
        expect(await result).toMatch(/^error: /)
        await stage().idle()
      }
    })

    test('before the answer began, with an upload that runs: the app hears it', async () => {
      const heard = new Promise<void>((resolve) => {
        stage().app.answer('/wait-up', ({ signal }) => {
          signal.addEventListener('abort', () => resolve())
          return new Promise<Response>(() => {})
        })
      })
      const headers = [['transfer-encoding', 'chunked']] as const
      const before = stage().app.seen.length
      const sending = stage().open({ method: 'POST', path: '/wait-up', headers, body: endless() })
      sending.request.on('error', () => {})
      await until('the app has the request', () => stage().app.seen.length > before)
      sending.request.destroy()
      await heard
      await stage().idle()
    })

    test('400 times in a row takes nothing from those who stay', async () => {
      void aborted('/flow', everyMs(5, 'x'.repeat(1000)))
      for (let round = 0; round < 10; round += 1) {
        const many = Array.from({ length: 40 }, () => stage().open({ path: '/flow' }))
        await Promise.all(many.map(async ({ answer }) => once(await answer, 'data')))
        for (const { request } of many) request.destroy()
        expect((await stage().send({ path: '/stays' })).text).toBe('home')
      }
      await stage().idle()
    })
  })
}

/** A kilobyte now, and then nothing more, and no end. */
function endless(): Readable {
  const body = new Readable({ read() {} })
  body.push(Buffer.alloc(1000))
  return body
}
