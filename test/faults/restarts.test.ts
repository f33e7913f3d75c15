import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { appendUntilTold } from './clients/append-until-told.ts'
import { anArena, type Arena } from './arena.ts'
import { checkAppends } from './checks/check-appends.ts'
import { checkSequences } from './checks/check-sequences.ts'
import { startGets } from './clients/gets.ts'
import { aHistory } from './history.ts'
import type { PublicSide } from './public-side.ts'
import { seededRandom } from '../support/random.ts'
import { startSubscriber } from './clients/subscriber.ts'
import { readStore } from './checks/store-snapshot.ts'

/** How long the laptop sleeps, seconds; a minute takes longer than a test run should. */
const SLEEP_SECONDS = Number(process.env['SPL_CHAOS_SLEEP_SECONDS'] ?? 8)
const PER_SECOND = 50

/** A connection that died at the daemon's end alone is dead for the gateway with the next greeting. */
const ORPHAN_MS = 10_000

let arena: Arena
let authorization: string

beforeEach(async () => {
  arena = await anArena({ random: seededRandom('restarts') })
  authorization = `Bearer ${arena.home.bearer}`
})
afterEach(() => arena[Symbol.asyncDispose]())

test('a restart of the daemon fails none of fifty safe requests a second', async () => {
  const gets = startGets(arena.clientLink.port, authorization, PER_SECOND)
  for (let times = 0; times < 2; times += 1) {
    await sleep(1_000)
    expect(await arena.home.terminate()).toBe(0)
    await arena.home.start()
  }
  await sleep(1_000)
  await gets.stop()
  const failed = gets.answers.filter(({ status }) => status !== 200)
  expect(failed).toEqual([])
  expect(gets.answers.length).toBeGreaterThan(3 * PER_SECOND)
})

test('a gateway that is killed and comes back: the tunnel is there at once, and subscribers miss nothing', async () => {
  const scene = aScene()
  const backMs: number[] = []
  for (let times = 0; times < 3; times += 1) {
    await scene.untilAppended(10)
    await arena.gateway.kill()
    await arena.gateway.start()
    const answersAt = performance.now()
    await arena.home.untilConnected(15_000)
    backMs.push(Math.round(performance.now() - answersAt))
    await sleep(300)
  }
  await scene.untilAtHead(15_000)
  expect(await scene.violations()).toEqual([])
  expect(Math.max(...backMs), `back after ${backMs.join(', ')} ms`).toBeLessThan(2_000)
})

test(
  'a connection that died at one end only: all goes on, and subscribers miss nothing',
  { timeout: 60_000 },
  async () => {
    const scene = aScene()
    await scene.untilAppended(10)
    expect(arena.tunnelLink.orphan()).toBe(1)
    await until('another connection is made', () => arena.tunnelLink.made === 2)
    await arena.home.untilConnected(15_000)
    await scene.untilAppended(10)
    await scene.untilAtHead(ORPHAN_MS)
    expect(await scene.violations()).toEqual([])
  },
)

test(
  'a daemon that stood still is back within three seconds of its waking',
  { timeout: SLEEP_SECONDS * 1_000 + 60_000 },
  async () => {
    await arena.home.pause(SLEEP_SECONDS * 1_000)
    const wokeAt = performance.now()
    const gets = startGets(arena.clientLink.port, authorization, PER_SECOND)
    await until('a request is answered', () => gets.answers.some(({ status }) => status === 200))
    const back = Math.round(performance.now() - wokeAt)
    await gets.stop()
    expect(back).toBeLessThan(3_000)
  },
)

test.runIf(process.env['CI'] !== undefined)(
  'a daemon whose connection died while it stood still is soon back',
  { timeout: 60_000 },
  async () => {
    const { made } = arena.tunnelLink
    const paused = arena.home.pause(8_000)
    expect(arena.tunnelLink.forget()).toBe(1)
    await paused
    const wokeAt = performance.now()
    await until('it dials', () => arena.tunnelLink.made > made)
    await arena.home.untilConnected(15_000)
    expect(performance.now() - wokeAt).toBeLessThan(3_000)
  },
)

/** Three followers, and somebody who appends. */
function aScene() {
  const over = new AbortController()
  const side: PublicSide = {
    port: arena.clientLink.port,
    authorization: ['authorization', authorization],
    history: aHistory(),
    random: seededRandom('restarts'),
    traffic: { underWay: 0 },
    patienceMs: ORPHAN_MS,
    over: over.signal,
  }
  const subscribers = ['one', 'two', 'three'].map((name) => startSubscriber(side, { name }))
  const append = () => {
    const key = `append-${side.history.appends.size}`
    return appendUntilTold(side, { key, thread: 'th_tea', size: 100 }, false)
  }
  const appending = (async () => {
    while (!over.signal.aborted) await append()
  })()
  return {
    async untilAppended(more: number): Promise<void> {
      const wanted = side.history.appends.size + more
      await until('appends go on', () => side.history.appends.size > wanted, ORPHAN_MS)
    },
    async untilAtHead(limitMs: number): Promise<void> {
      over.abort()
      await appending
      const last = await append()
      const atHead = () =>
        subscribers.every(({ subscription }) => subscription.records.at(-1)?.id === last)
      await until('all are at the head', atHead, limitMs)
    },
    /** The scene is over, and so is the daemon. */
    async violations() {
      await Promise.all(subscribers.map((subscriber) => subscriber.stop()))
      await arena.home.terminate()
      const store = readStore(arena.database)
      return [...checkAppends(side.history, store), ...checkSequences(side.history, store)]
    },
  }
}
