import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { makeCode } from '../../../../protocol/identity/signed-code.ts'
import { aLink } from '../../../support/gateway/a-link.ts'
import { connectHome } from '../../../support/daemon/connect-home.ts'
import type { StartGatewayUnderTest } from '../../../support/gateway/gateway-under-test.ts'
import type { HomeApp } from '../../../support/daemon/home-app.ts'
import { open as openPublic } from '../../../support/clients/send.ts'
import { aStage, type Stage } from '../../../support/gateway/stage.ts'
import { until } from '../../../support/until.ts'

const EVENTS = { 'content-type': 'text/event-stream' }
const ACCEPT = ['accept', 'text/event-stream'] as const

/** Any GET event stream whose events carry ids outlives the link; others are cut as what they are. */
export function resumeCases(stage: () => Stage, start: StartGatewayUnderTest): void {
  /** The stage's home, connected anew over a link that can be cut. */
  const overLink = async (of: Stage = stage()) => {
    const { gateway, identity, app } = of
    await using stack = new AsyncDisposableStack()
    const link = stack.use(await aLink(gateway.port))
    const home = stack.use(await connectHome(link.origin, identity, app))
    await until('the new connection answers', async () => {
      const before = app.seen.length
      await of.send({ path: '/' })
      return app.seen.length > before
    })
    const done = stack.move()
    return { link, home, [Symbol.asyncDispose]: () => done.disposeAsync() }
  }

  describe('an event stream over a link that holds', () => {
    test('that home ends is over, to its last byte', async () => {
      const source = new EventSource(stage().app, '/over')
      const incoming = await open('/over')
      const got = textOf(incoming)
      source.end('id: 1\n\n: and a part')
      await once(incoming, 'end')
      expect(got.text).toBe('id: 1\n\n: and a part')
      expect(source.asked).toHaveLength(1)
    })

    test('whose client leaves is cancelled at home by its next event', async () => {
      const source = new EventSource(stage().app, '/left')
      const incoming = await open('/left')
      textOf(incoming)
      source.write('id: 1\n\n')
      incoming.destroy()
      await until('home was told', () => {
        if (!source.cancelled) source.write('id: 2\n\n')
        return source.cancelled
      })
      await stage().idle()
      expect(source.asked).toHaveLength(1)
    })

    test('follows the pace of its client: what is not read stays at home', async () => {
      const piece = `id: 1\ndata: ${'x'.repeat(60_000)}\n\n`
      let taken = 0
      stage().app.answer('/flood', () => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
          {
            pull(controller) {
              taken += piece.length
              controller.enqueue(new TextEncoder().encode(piece))
            },
          },
          { highWaterMark: 0 },
        )
        return new Response(body, { headers: EVENTS })
      })
      const incoming = await open('/flood')
      incoming.pause()
      let before = -1
      await until('home is held back', async () => {
        const same = before === taken
        before = taken
        await new Promise((resolve) => setTimeout(resolve, 500))
        return same
      })
      // Buffers of the kernel and of the runtime, and at most one window of the stream.
      expect(taken).toBeLessThan(24 * 1024 * 1024)
      incoming.destroy()
      await stage().idle()
    })

    test('an answer that is no event stream is passed on as it is, even if one was asked for', async () => {
      const { app } = stage()
      app.answer('/json', () => Response.json({ plain: true }, { status: 404 }))
      const plain = await stage().send({ path: '/json', headers: [ACCEPT] })
      expect([plain.status, plain.json()]).toEqual([404, { plain: true }])
      const zipped = gzipSync('id: 1\n\n')
      const fields = { ...EVENTS, 'content-encoding': 'gzip' }
      app.answer('/zipped', () => new Response(zipped, { headers: fields }))
      const incoming = await open('/zipped')
      expect(incoming.headers['content-encoding']).toBe('gzip')
      expect(await bytesOf(incoming)).toEqual(zipped)
    })
  })

  describe('an event stream whose events carry ids', () => {
    test('goes on after a cut by the last whole event, and nothing of a part is seen', async () => {
      await using lossy = await overLink()
      const { app } = stage()
      const source = new EventSource(app, '/resumed')
      const incoming = await open('/resumed')
      const got = textOf(incoming)
      source.write('id: 1\ndata: a\n\nid: 2\nda')
      await until('the whole one has come', () => got.text === 'id: 1\ndata: a\n\n')
      lossy.link.cut()
      await until('home was asked again', () => source.asked.length === 2)
      source.write('id: 2\ndata: b\n\n')
      await until('it has gone on', () => got.text.endsWith('id: 2\ndata: b\n\n'))
      lossy.link.cut()
      await until('home was asked again', () => source.asked.length === 3)
      source.end('id: 3\r\ndata: c\r\n\r\n')
      await once(incoming, 'end')
      expect(got.text).toBe('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\r\ndata: c\r\n\r\n')
      expect(source.asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([
        null,
        '1',
        '2',
      ])
      const ids = new Set(source.asked.map(({ headers }) => headers.get('x-request-id')))
      expect([...ids]).toEqual([incoming.headers['x-request-id']])
    })

    test('goes on with what home gave for it in place of its ticket, and its client never sees that', async () => {
      await using lossy = await overLink()
      const { app, gateway, identity } = stage()
      const source = new EventSource(app, '/v1/sync/changes', () => ({
        'x-spl-resume': `spr_${source.asked.length}`,
      }))
      const ticket = makeCode({
        kind: 'ticket',
        path: '/v1/sync/changes',
        nonce: randomBytes(16),
        expires: Math.floor(Date.now() / 1000) + 30,
        sign: identity.sign,
      })
      const path = `/v1/sync/changes?feed=continuous&ticket=${ticket}&since=now`
      const headers = [['x-spl-resume', 'spr_forged']] as const
      const incoming = await openPublic(gateway.port, { path, headers }).answer
      expect([incoming.statusCode, incoming.rawHeaders.join().match(/spr_|x-spl/i)]).toEqual([
        200,
        null,
      ])
      const got = textOf(incoming)
      for (const id of [1, 2]) {
        source.write(`id: ${id}\n\n`)
        await until('it has come', () => got.text.endsWith(`id: ${id}\n\n`))
        lossy.link.cut()
        await until('home was asked again', () => source.asked.length === id + 1)
      }
      source.end('')
      await once(incoming, 'end')
      expect(got.text).toBe('id: 1\n\nid: 2\n\n')
      const seen = app.seen.filter(({ url }) => url.includes('/v1/sync/changes?feed'))
      const again = '/v1/sync/changes?feed=continuous&since=now'
      expect(seen.map(({ url, facts }) => [url.slice(url.indexOf('/v1')), facts.resume])).toEqual([
        [path, undefined],
        [again, 'spr_1'],
        [again, 'spr_2'],
      ])
      expect(seen.flatMap((one) => one.headers).filter(([, value]) => /spr_/.test(value))).toEqual(
        [],
      )
    })

    test('goes on from where its client resumed, if nothing has come yet', async () => {
      await using lossy = await overLink()
      const source = new EventSource(stage().app, '/nothing-yet')
      // As bytes, which is how Node holds a header.
      const id = Buffer.from('ü7').toString('latin1')
      const incoming = await open('/nothing-yet', [['last-event-id', id]])
      const got = textOf(incoming)
      source.write(': hello\n\nretry: 5\n\n')
      await until('it has begun', () => got.text !== '')
      lossy.link.cut()
      await until('home was asked again', () => source.asked.length === 2)
      source.end('id: 8\n\n')
      await once(incoming, 'end')
      expect(source.asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([id, id])
    })

    test('waits while home is away, and goes on when it is back', async () => {
      await using own = await aStage(start)
      await using lossy = await overLink(own)
      const source = new EventSource(own.app, '/away')
      const incoming = await own.open({ path: '/away', headers: [ACCEPT] }).answer
      const got = textOf(incoming)
      source.write('id: 1\n\n')
      await until('it has begun', () => got.text !== '')
      // The home that was replaced would ask for its place again, at any time.
      await own.home.tunnel.stop()
      await lossy.home.tunnel.stop()
      lossy.link.close()
      lossy.link.cut()
      const { gateway, identity, app } = own
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(source.asked).toHaveLength(1)
      await using _back = await connectHome(gateway.origin, identity, app)
      await until('home was asked again', () => source.asked.length === 2)
      source.end('id: 2\n\n')
      await once(incoming, 'end')
      expect(got.text).toBe('id: 1\n\nid: 2\n\n')
    })

    test('that home cuts again and again is asked for less and less often', async () => {
      await using _lossy = await overLink()
      const { app } = stage()
      let asked = 0
      app.answer('/flapping', () => {
        asked += 1
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode(`id: ${asked}\n\n`))
            await new Promise((resolve) => setTimeout(resolve, 5))
            controller.error(new Error('the source failed'))
          },
        })
        return new Response(body, { headers: EVENTS })
      })
      const incoming = await open('/flapping')
      const got = textOf(incoming)
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      // 0.1 to 0.2 s, then 0.2 to 0.4, 0.4 to 0.8, 0.8 to 1.6: without a pause it would be hundreds.
      expect(asked).toBeGreaterThan(2)
      expect(asked).toBeLessThan(9)
      expect(got.text).toMatch(/^id: 1\n\nid: 2\n\n/)
      incoming.destroy()
    })

    test('ends with home’s own word if home refuses the rest', async () => {
      await using lossy = await overLink()
      const { app } = stage()
      const source = new EventSource(app, '/refused')
      const incoming = await open('/refused')
      const got = textOf(incoming)
      source.write('id: 1\n\n')
      await until('it has begun', () => got.text !== '')
      const problem = '{"object":"error","code":"CURSOR_EPOCH_CHANGED"}'
      app.answer('/refused', () => new Response(problem, { status: 409 }))
      lossy.link.cut()
      await once(incoming, 'end')
      expect(got.text).toBe(`id: 1\n\nevent: error\ndata: ${problem}\n\n`)
    })

    test.for([
      ['a page', () => new Response('<html>\n\nid: 9\n\n</html>')],
      ['a refusal that is none of ours', () => new Response('no\nid: 9\n\n', { status: 404 })],
    ] as const)('does not take %s for the rest', async ([, answer]) => {
      await using lossy = await overLink()
      const source = new EventSource(stage().app, '/other')
      const incoming = await open('/other')
      const got = textOf(incoming)
      source.write('id: 1\n\n')
      await until('it has begun', () => got.text !== '')
      stage().app.answer('/other', answer)
      lossy.link.cut()
      await once(incoming, 'end')
      expect(got.text).toMatch(/^id: 1\n\nevent: error\ndata: \{.*"BAD_UPSTREAM_RESPONSE".*\}\n\n$/)
    })
  })

  test('an event stream without ids is cut, and never goes on with a gap', async () => {
    await using lossy = await overLink()
    const source = new EventSource(stage().app, '/no-ids')
    const incoming = await open('/no-ids')
    const got = textOf(incoming)
    source.write('data: a\n\n')
    await until('it has begun', () => got.text !== '')
    lossy.link.cut()
    expect((await got.failure).message).toBe('aborted')
    expect(source.asked).toHaveLength(1)
  })

  const open = (path: string, more: readonly (readonly [string, string])[] = []) =>
    stage().open({ path, headers: [ACCEPT, ...more] }).answer
}

/** What the app answers on one path: a stream per request, written to by the test. */
class EventSource {
  readonly asked: Request[] = []
  cancelled = false
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #early = ''

  constructor(app: HomeApp, path: string, more: () => Record<string, string> = () => ({})) {
    app.answer(path, (request) => {
      this.asked.push(request)
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => {
          this.#controller = controller
          if (this.#early !== '') this.write(this.#early)
          this.#early = ''
        },
        cancel: () => {
          this.cancelled = true
        },
      })
      return new Response(body, { headers: { ...EVENTS, ...more() } })
    })
  }

  write(text: string): void {
    if (this.#controller === undefined) this.#early += text
    else this.#controller.enqueue(new TextEncoder().encode(text))
  }

  end(text: string): void {
    this.write(text)
    this.#controller?.close()
  }
}

function textOf(incoming: IncomingMessage): { text: string; readonly failure: Promise<Error> } {
  const failure = new Promise<Error>((resolve) => incoming.once('error', resolve))
  const got = { text: '', failure }
  incoming.setEncoding('utf8')
  incoming.on('data', (piece: string) => (got.text += piece))
  return got
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await incoming.toArray())
}
