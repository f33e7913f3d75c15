import { once } from 'node:events'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { aLink } from '../../../support/gateway/a-link.ts'
import { connectHome } from '../../../support/daemon/connect-home.ts'
import type { StartGatewayUnderTest } from '../../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../../support/daemon/home-app.ts'
import { ending, openSocket } from '../../../support/clients/open-socket.ts'
import { aStage, type Stage } from '../../../support/gateway/stage.ts'
import { until } from '../../../support/until.ts'

/** The link between gateway and home breaks, or home is not there. */
export function lossCases(stage: () => Stage, start: StartGatewayUnderTest): void {
  /** The stage's home, connected anew over a link that can be cut. */
  const overLink = async () => {
    const { gateway, identity, app } = stage()
    const stack = new AsyncDisposableStack()
    const link = stack.use(await aLink(gateway.port))
    const home = stack.use(await connectHome(link.origin, identity, app))
    await until('the new connection answers', async () => {
      const before = app.seen.length
      await stage().send({ path: '/' })
      return app.seen.length > before && home.tunnel.status.state === 'connected'
    })
    return { link, home, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  describe('when the tunnel is lost', () => {
    test('in the middle of bodies and before heads: each fails as what it is, and none looks whole', async () => {
      await using lossy = await overLink()
      const { app } = stage()
      const parts = () =>
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (controller) => controller.enqueue(new TextEncoder().encode('part')),
        })
      app.answer('/body', () => new Response(parts()))
      app.answer(
        '/body-told',
        () => new Response(parts(), { headers: { 'content-length': '100000' } }),
      )
      app.answer('/no-head', () => new Promise<Response>(() => {}))
      let upload: Promise<string> | undefined
      app.answer('/upload', (request) => {
        upload = request.text().catch((error: Error) => `error: ${error.message}`)
        return upload.then(() => new Response('late'))
      })
      let home!: Promise<number>
      app.accept('/socket', () => ({
        start: () => {
          let closed!: (code: number) => void
          home = new Promise((resolve) => (closed = resolve))
          return { message() {}, closed }
        },
      }))
      const aborts: string[] = []
      const onAbort = (name: string) => (request: Request) => {
        request.signal.addEventListener('abort', () => aborts.push(name))
      }
      app.answer('/watched', (request) => {
        onAbort('watched')(request)
        return new Response(parts())
      })
      const socket = await openSocket(stage(), '/socket')
      const cut = ending(socket)
      const bodies = ['/body', '/body-told', '/watched'].map((path) => stage().open({ path }))
      const failures = bodies.map(async ({ answer }) => {
        const incoming = await answer
        const failed = once(incoming, 'error')
        const [piece] = (await once(incoming, 'data')) as [Buffer]
        expect(piece.toString()).toBe('part')
        return failed
      })
      const noHead = stage().send({ method: 'POST', path: '/no-head' })
      const up = stage().open({
        method: 'POST',
        path: '/upload',
        headers: [['transfer-encoding', 'chunked']],
        body: neverEnding(),
      })
      await Promise.all(bodies.map(({ answer }) => answer))
      await until(
        'the app has them all',
        () => upload !== undefined && lossy.home.tunnel.status.open_streams === 6,
      )
      lossy.link.close()
      lossy.link.cut()
      for (const [error] of (await Promise.all(failures)) as [Error][])
        expect(error.message).toBe('aborted')
      const answer = await noHead
      expect([answer.status, answer.json()['code'], answer.json()['hop']]).toEqual([
        502,
        'TUNNEL_INTERRUPTED',
        'gateway',
      ])
      expect((await up.answer).statusCode).toBe(502)
      up.request.destroy()
      expect(await upload).toMatch(/^error: /)
      expect([1006, 1011]).toContain((await cut).code)
      expect(await home).toBe(1006)
      expect(aborts).toEqual(['watched'])

      lossy.link.open()
      expect((await stage().send({ path: '/' })).text).toBe('home')
    })

    test('by a planned stop: open requests finish, new ones wait for the next home', async () => {
      const { gateway, identity } = stage()
      const app = new HomeApp()
      const home = await connectHome(gateway.origin, identity, app)
      let finish!: () => void
      app.answer(
        '/slow',
        () =>
          new Promise<Response>((resolve) => (finish = () => resolve(new Response('finished')))),
      )
      const slow = stage().send({ path: '/slow' })
      await until('it has begun', () => app.seen.length === 1)
      const stopped = home.tunnel.stop()
      // Wherever the goodbye meets them: those that home refuses because of it wait as well.
      const waiting = Array.from({ length: 20 }, () => stage().send({ path: '/' }))
      finish()
      expect((await slow).text).toBe('finished')
      await stopped
      await using next = await connectHome(gateway.origin, identity, new HomeApp())
      for (const answer of waiting) expect((await answer).text).toBe('home')
      expect(next.generations()).toHaveLength(1)
    })
  })

  describe('when home is slow', () => {
    test('to begin: 504 after the head timeout, and the app hears that it is over', async () => {
      await using slow = await aStage(start, { headTimeoutSeconds: 1 })
      const aborted = new Promise<void>((resolve) => {
        slow.app.answer('/slow', ({ signal }) => {
          signal.addEventListener('abort', () => resolve())
          return new Promise<Response>(() => {})
        })
      })
      const answer = await slow.send({ path: '/slow' })
      expect([answer.status, answer.json()['code'], answer.json()['hop']]).toEqual([
        504,
        'HEAD_TIMEOUT',
        'gateway',
      ])
      await aborted
      await slow.idle()
    })

    test('to go on: no timeout after the head', async () => {
      await using slow = await aStage(start, { headTimeoutSeconds: 1 })
      let source!: ReadableStreamDefaultController<Uint8Array>
      slow.app.answer('/silent', () => {
        return new Response(
          new ReadableStream({ start: (controller) => void (source = controller) }),
        )
      })
      const incoming = await slow.open({ path: '/silent' }).answer
      let over = false
      incoming.once('close', () => (over = true))
      // Its own head timeout is the clock: twice over, then some for the watch.
      slow.app.answer('/late', () => new Promise<Response>(() => {}))
      for (let round = 0; round < 2; round += 1) {
        expect((await slow.send({ path: '/late' })).status).toBe(504)
      }
      expect(over).toBe(false)
      const piece = once(incoming, 'data')
      source.enqueue(new TextEncoder().encode('late'))
      expect(String((await piece)[0])).toBe('late')
      source.close()
      await once(incoming.resume(), 'end')
    })
  })

  describe('the address of the client', () => {
    test.for([
      ['203.0.113.7', '203.0.113.7'],
      ['2001:db8::7', '2001:db8::7'],
      ['203.0.113.7, 10.0.0.1', undefined],
      ['unknown', undefined],
      ['', undefined],
    ] as const)('comes from the named header alone: %s', async ([value, expected]) => {
      const named = await addressed()
      const headers = [
        ['X-Client', value],
        ['X-Forwarded-For', '6.6.6.6'],
        ['X-Real-IP', '6.6.6.6'],
        ['CF-Connecting-IP', '6.6.6.6'],
      ] as const
      await named.send({ headers })
      const { facts, headers: seen } = named.app.seen.at(-1) ?? {}
      expect(facts?.clientAddress).toBe(expected)
      const fields = new Headers(seen as [string, string][])
      expect(fields.get('x-forwarded-for')).toBe(expected ?? null)
      expect(fields.get('x-client')).toBeNull()
      expect(JSON.stringify(named.app.seen)).not.toContain('6.6.6.6')
    })
    let named: Promise<Stage> | undefined
    const addressed = () => (named ??= aStage(start, { clientAddressHeader: 'X-Client' }))
    afterAll(async () => (await named)?.[Symbol.asyncDispose]())
  })
}

/** A few bytes, and then no more, and no end. */
function neverEnding(): Readable {
  const body = new Readable({ read() {} })
  body.push('beginning')
  return body
}
