import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aLink } from '../../support/gateway/a-link.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { startOnWorkerd, type GatewayUnderTest } from '../../support/gateway/gateway-under-test.ts'
import { HomeApp } from '../../support/daemon/home-app.ts'
import { aRawHome, type RawHome } from '../../support/wire/raw-home.ts'
import { rawTunnel } from '../../support/wire/raw-tunnel.ts'
import { open, send, type Answer } from '../../support/clients/send.ts'
import { anIdentity } from '../../support/test-identity.ts'
import { settled, until } from '../../support/until.ts'

const identity = anIdentity()
let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startOnWorkerd({ ownerDid: identity.did, anyPort: true })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const headers = [['authorization', `Bearer ${identity.bearer}`]] as const
const get = (path: string): Promise<Answer> => send(gateway.port, { path, headers })

/** An app that says its name. */
function named(name: string): HomeApp {
  const app = new HomeApp()
  app.answer('/who', () => new Response(name))
  return app
}

test('the newest of two daemons with one identity wins at once, and the old one does not fight', async () => {
  await using old = await connectHome(gateway.origin, identity, named('old'))
  expect((await get('/who')).text).toBe('old')
  await using young = await connectHome(gateway.origin, identity, named('young'))
  expect((await get('/who')).text).toBe('young')
  await until('the old one is told', () => old.events.some(({ kind }) => kind === 'disconnected'))
  const lost = old.events.find((event) => event.kind === 'disconnected')
  expect(lost).toMatchObject({ reason: expect.stringContaining('4001') })
  // It asks once soon, so that both are told, and is refused: it takes nothing back.
  expect(lost?.kind === 'disconnected' && lost.retryMs).toBeGreaterThanOrEqual(1_000)
  expect(old.tunnel.status.state).toBe('waiting')
  expect(old.generations()).toHaveLength(1)
  expect(young.generations()).toEqual([(old.generations()[0] ?? 0) + 1])
  for (let time = 0; time < 20; time += 1) expect((await get('/who')).text).toBe('young')
})

test('requests on the old connection finish, new ones go to the new one', async () => {
  const app = named('old')
  let finish!: () => void
  app.answer(
    '/slow',
    () => new Promise((resolve) => (finish = () => resolve(new Response('from the old')))),
  )
  let source!: ReadableStreamDefaultController<Uint8Array>
  app.answer('/stream', () => {
    return new Response(new ReadableStream({ start: (controller) => void (source = controller) }))
  })
  await using old = await connectHome(gateway.origin, identity, app)
  const slow = get('/slow')
  const streamed = await open(gateway.port, { path: '/stream', headers }).answer
  await until('both have begun', () => old.tunnel.status.open_streams === 2)
  await using _young = await connectHome(gateway.origin, identity, named('young'))
  expect((await get('/who')).text).toBe('young')
  finish()
  expect((await slow).text).toBe('from the old')
  const piece = once(streamed, 'data')
  source.enqueue(new TextEncoder().encode('still from the old'))
  expect(String((await piece)[0])).toBe('still from the old')
  expect(old.tunnel.status).toMatchObject({ state: 'leaving', open_streams: 1 })
  source.close()
  await once(streamed.resume(), 'end')
  await until('the old one is closed', () => old.tunnel.status.state === 'waiting')
})

test('a dead old connection delays no request', async () => {
  await using link = await aLink(gateway.port)
  await using _old = await connectHome(link.origin, identity, named('old'))
  expect((await get('/who')).text).toBe('old')
  link.freeze()
  await using _young = await connectHome(gateway.origin, identity, named('young'))
  const at = performance.now()
  expect((await get('/who')).text).toBe('young')
  expect(performance.now() - at).toBeLessThan(2_000)
})

test('the end of the old connection does not end the new one', async () => {
  const old = await rawTunnel(gateway.port, identity)
  await using young = await connectHome(gateway.origin, identity, named('young'))
  old.terminate()
  for (let time = 0; time < 50; time += 1) expect((await get('/who')).text).toBe('young')
  expect(young.generations()).toHaveLength(1)
})

test('what an old connection says late changes nothing for the new one', async () => {
  const old = await rawTunnel(gateway.port, identity)
  await using young = await connectHome(gateway.origin, identity, named('young'))
  old.send(Buffer.alloc(100, 0xa5))
  await once(old, 'close')
  expect((await get('/who')).text).toBe('young')
  expect(young.generations()).toHaveLength(1)
})

test('twenty daemons at once: exactly one serves, the last', async () => {
  const homes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      connectHome(gateway.origin, identity, named(`${index}`)),
    ),
  )
  const newest = homes.reduce((one, other) =>
    (other.generations()[0] ?? 0) > (one.generations()[0] ?? 0) ? other : one,
  )
  const winner = String(homes.indexOf(newest))
  for (let time = 0; time < 10; time += 1) expect((await get('/who')).text).toBe(winner)
  expect(new Set(homes.flatMap(({ generations }) => generations())).size).toBe(20)
  await Promise.all(homes.map((home) => home[Symbol.asyncDispose]()))
})

test('a daemon that reconnects after a cut is there again in a moment', async () => {
  await using link = await aLink(gateway.port)
  await using home = await connectHome(link.origin, identity, named('home'))
  for (let round = 1; round <= 3; round += 1) {
    link.cut()
    await until('it is back', () => home.generations().length === round + 1)
    expect((await get('/who')).text).toBe('home')
  }
  const generations = home.generations()
  expect(generations).toEqual(generations.toSorted((one, other) => one - other))
})

test('a home has two connections, one that serves and one that finishes: a third ends the oldest', async () => {
  const closed: number[] = []
  const homes: RawHome[] = []
  for (let at = 0; at < 5; at += 1) {
    const home = await aRawHome(gateway.port, identity)
    home.socket.on('close', () => closed.push(at))
    homes.push(home)
    // What it holds open would else let it stay for half an hour, and the gateway keeps a window for it.
    open(gateway.port, { path: `/held-by-${at}`, headers })
    await until('it has a request', () => home.targets().includes(`/held-by-${at}`))
  }
  await until('three are closed', () => closed.length >= 3)
  await settled(() => closed.length)
  expect(closed.toSorted()).toEqual([0, 1, 2])
  for (const { socket } of homes) socket.terminate()
})
