import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { scopeBits } from '../../../protocol/tunnel/edge-policy.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { aRealHome } from '../../support/daemon/a-real-home.ts'
import { connectHome } from '../../support/daemon/connect-home.ts'
import { setGatewayClock } from '../../support/gateway/gateway-clock.ts'
import { startOnWorkerd } from '../../support/gateway/gateway-under-test.ts'
import { bigBody, hashOf } from './hashing.ts'
import { rawTunnel } from '../../support/wire/raw-tunnel.ts'
import { send } from '../../support/clients/send.ts'
import { aStage, type Stage } from '../../support/gateway/stage.ts'
import { subscribe, subscribeBySocket, type Subscriber } from '../../support/clients/subscriber.ts'
import { anIdentity, bearerBy, tokenIdOf } from '../../support/test-identity.ts'
import { until } from '../../support/until.ts'

/** workerd lets an object sleep after ten seconds without work; there is no way to make it sooner. */
const SLEEP_MS = 13_000
/** Longer than the pings' interval and the time to sleep; `.ci/run` makes it ten minutes, and it may be an hour. */
const SILENCE_MS = Number(process.env['SPL_SILENCE_SECONDS'] ?? 25) * 1000
/** The same, longer than the bound of silence in the test of it. */
const IDLE_MS = Math.max(34_000, SILENCE_MS)
const big = bigBody(160)

const constructed = (stage: Stage) =>
  stage.gateway.log.filter((line) => line.includes('object constructed')).length

test.concurrent(
  'an idle object sleeps (real clock, 13 s); the connection, its credit and its stream ids survive',
  { timeout: 60_000 },
  async () => {
    await using stage = await aStage(startOnWorkerd, { observed: true })
    stage.app.answer('/down', () => new Response(big.stream()))
    stage.app.answer('/up', async ({ body }) => {
      return Response.json(await hashOf(body as ReadableStream<Uint8Array>))
    })
    const bulk = async () => {
      const incoming = await stage.open({ path: '/down' }).answer
      expect((await hashOf(incoming)).hash).toBe(big.hash)
      const headers = [['transfer-encoding', 'chunked']] as const
      const answer = await stage.send({
        method: 'POST',
        path: '/up',
        headers,
        body: big.readable(),
      })
      expect(answer.json()['hash']).toBe(big.hash)
    }
    await bulk()
    expect(constructed(stage)).toBe(1)
    for (let sleeps = 1; sleeps <= 2; sleeps += 1) {
      await sleep(SLEEP_MS)
      expect((await stage.send({ path: '/' })).text).toBe('home')
      await until('the object was made anew', () => constructed(stage) === 1 + sleeps)
      // More than the connection's whole window, so that totals counted from zero would stop it.
      for (let times = 0; times < 3; times += 1) await bulk()
    }
    expect(stage.home.generations()).toHaveLength(1)
    await stage.idle()
  },
)

test.concurrent(
  'an object with a policy sleeps, and knows it when it wakes; a revocation keeps it no longer awake (real clock, 32 s)',
  { timeout: 90_000 },
  async () => {
    await using stage = await aStage(startOnWorkerd, { observed: true })
    const { bearer } = stage.identity
    const token = { [tokenIdOf(bearer)]: { scopes: scopeBits(['admin']) } }
    await stage.keep({ tokens: token })
    expect((await stage.send({ path: '/v1/records' })).text).toBe('home')
    await sleep(SLEEP_MS)
    const other = bearerBy(stage.identity, 'sa_01jd3k7w2q')
    const headers = [['authorization', `Bearer ${other}`]] as const
    expect((await send(stage.gateway.port, { path: '/v1/records', headers })).status).toBe(401)
    await until('the object was made anew', () => constructed(stage) === 2)
    stage.app.answer('/stays', () => new Response(new ReadableStream({ start: () => {} })))
    const answer = await stage.open({ path: '/stays' }).answer
    const cut = once(answer.resume(), 'error')
    await stage.keep({ tokens: {} })
    await cut
    await stage.idle()
    await sleep(SLEEP_MS)
    expect((await stage.send({ path: '/v1/records' })).status).toBe(401)
    await until('the object was made anew', () => constructed(stage) === 3)
    expect(stage.home.generations()).toHaveLength(1)
  },
)

test.concurrent(
  'an object that has held requests sleeps when none is left, also while home is away (real clock, 36 s)',
  { timeout: 90_000 },
  async () => {
    await using stage = await aStage(startOnWorkerd, { observed: true, movableClock: true })
    const { port } = stage.gateway
    await stage.home.tunnel.stop()
    const served = stage.send({ path: '/' })
    const home = await connectHome(stage.gateway.origin, stage.identity, stage.app)
    expect((await served).text).toBe('home')
    await sleep(SLEEP_MS)
    expect((await stage.send({ path: '/' })).text).toBe('home')
    await until('the object was made anew', () => constructed(stage) === 2)
    await home.tunnel.stop()
    expect((await stage.send({ path: '/' })).status).toBe(503)
    await sleep(SLEEP_MS)
    // It knows since when home is away.
    await setGatewayClock(port, 2 * LIMITS.parkAwayMs)
    await setGatewayClock(port, 'still')
    expect((await stage.send({ path: '/' })).status).toBe(503)
    await until('the object was made anew', () => constructed(stage) === 3)
  },
)

test.concurrent(
  `with 100 event streams and 100 WebSockets open the object is not woken once; the next event reaches all 200 (real clock, ${SILENCE_MS / 1000} s)`,
  { timeout: SILENCE_MS + 90_000 },
  async () => {
    await using home = await aRealHome({ observed: true })
    const made = () => home.gateway.log.filter((line) => line.includes('object constructed')).length
    const path = '/v1/sync/subscribe?thread=th_tea'
    const all: Subscriber[] = []
    for (let count = 0; count < 100; count += 1) {
      all.push(await subscribe(home, path), await subscribeBySocket(home, path))
    }
    await until('all are in the group', () => home.daemon().tunnel?.status.subscribers === 200)
    await sleep(SILENCE_MS)
    // Asleep after ten seconds: whatever had woken it would have made it anew.
    expect(made()).toBe(1)
    const id = await home.append()
    await until('the object was made anew', () => made() === 2)
    await until('all have the record', () => all.every(({ ids }) => ids.length === 1))
    for (const one of all) {
      expect([one.ids, one.ending()]).toEqual([[id], undefined])
      // Somebody has told it meanwhile that the silence is none of a dead line.
      expect(one.names).toContain(':')
    }
    // It knows who is there: one that leaves is gone at home too.
    for (const one of all) await one.leave()
    await until('all are gone at home', async () => {
      await home.append()
      return home.daemon().tunnel?.status.subscribers === 0
    })
  },
)

test.concurrent(
  'a sleeping object lets ping be answered and stays asleep (real clock, 13 s)',
  { timeout: 60_000 },
  async () => {
    const identity = anIdentity()
    await using gateway = await startOnWorkerd({ ownerDid: identity.did, observed: true })
    const socket = await rawTunnel(gateway.port, identity)
    await sleep(SLEEP_MS)
    const made = () => gateway.log.filter((line) => line.includes('object constructed')).length
    expect(made()).toBe(1)
    for (let time = 0; time < 3; time += 1) {
      const pong = once(socket, 'message')
      socket.send('ping')
      expect(String((await pong)[0])).toBe('pong')
    }
    expect(made()).toBe(1)
    socket.terminate()
  },
)

test.concurrent(
  `a daemon whose object sleeps is not taken for silent: its pings count (real clock, ${IDLE_MS / 1000} s)`,
  { timeout: IDLE_MS + 60_000 },
  async () => {
    // Just above the interval of its pings, 20 s, and well below the silence.
    await using home = await aRealHome({ observed: true, limits: { silenceMs: 23_000 } })
    const made = () => home.gateway.log.filter((line) => line.includes('object constructed')).length
    expect((await home.ask('/v1/threads')).status).toBe(200)
    await sleep(IDLE_MS)
    expect(made()).toBe(1)
    const from = performance.now()
    expect((await home.ask('/v1/threads')).status).toBe(200)
    expect(performance.now() - from).toBeLessThan(1_000)
    await until('the object was made anew', () => made() === 2)
    expect(home.link.made()).toBe(1)
  },
)

test.concurrent(
  'an event stream with a heartbeat a second stays open and whole (real clock, 25 s)',
  { timeout: 60_000 },
  async () => {
    await using stage = await aStage(startOnWorkerd, { observed: true, headTimeoutSeconds: 1 })
    const stopped = new AbortController()
    stage.app.answer('/events', ({ signal }) => {
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async start(controller) {
          for (let beat = 1; !stopped.signal.aborted && !signal.aborted; beat += 1) {
            controller.enqueue(new TextEncoder().encode(`: ${beat}\n\n`))
            await sleep(1_000)
          }
          controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const incoming = await stage.open({ path: '/events' }).answer
    let text = ''
    incoming.on('data', (piece: Buffer) => (text += piece.toString()))
    const ended = once(incoming, 'end')
    await sleep(25_000)
    stopped.abort()
    await ended
    const beats = text.split('\n\n').slice(0, -1)
    expect(beats).toEqual(beats.map((_, index) => `: ${index + 1}`))
    expect(beats.length).toBeGreaterThan(15)
    expect(stage.home.generations()).toHaveLength(1)
  },
)

test.concurrent(
  `a silent stream over a silent link stays open (real clock, ${SILENCE_MS / 1000} s)`,
  { timeout: SILENCE_MS + 60_000 },
  async () => {
    await using stage = await aStage(startOnWorkerd, { observed: true, headTimeoutSeconds: 1 })
    let source!: ReadableStreamDefaultController<Uint8Array>
    stage.app.answer('/silent', () => {
      return new Response(new ReadableStream({ start: (controller) => void (source = controller) }))
    })
    const incoming = await stage.open({ path: '/silent' }).answer
    await sleep(SILENCE_MS)
    const piece = once(incoming, 'data')
    source.enqueue(new TextEncoder().encode('late'))
    expect(String((await piece)[0])).toBe('late')
    // An open response keeps the object awake: had it slept, the stream would be gone.
    expect(constructed(stage)).toBe(1)
    source.close()
    await once(incoming.resume(), 'end')
  },
)
