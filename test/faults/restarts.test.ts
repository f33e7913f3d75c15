import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../gateway/until.ts'
import { appendUntilTold } from './append-until-told.ts'
import { anArena, type Arena } from './arena.ts'
import { checkAppends } from './check-appends.ts'
import { checkSequences } from './check-sequences.ts'
import { startGets } from './gets.ts'
import { aHistory } from './history.ts'
import type { PublicSide } from './public-side.ts'
import { seededRandom } from './random.ts'
import { startSubscriber } from './subscriber.ts'
import { readStore } from './store-snapshot.ts'

/** How long the laptop sleeps, seconds; a minute takes longer than a test run should. */
const SLEEP_SECONDS = Number(process.env['SPL_CHAOS_SLEEP_SECONDS'] ?? 8)
const PER_SECOND = 50

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
  const over = new AbortController()
  const side: PublicSide = {
    port: arena.clientLink.port,
    authorization: ['authorization', authorization],
    history: aHistory(),
    random: seededRandom('restarts'),
    traffic: { underWay: 0 },
    patienceMs: 20_000,
    over: over.signal,
  }
  const subscribers = ['one', 'two', 'three'].map((name) => startSubscriber(side, { name }))
  let appended = 0
  const append = () =>
    appendUntilTold(side, { key: `append-${(appended += 1)}`, thread: 'th_tea', size: 100 }, false)
  const appending = (async () => {
    while (!over.signal.aborted) await append()
  })()
  const backMs: number[] = []
  for (let times = 0; times < 3; times += 1) {
    await until('appends go on', () => side.history.appends.size > 10 * (times + 1))
    await arena.gateway.kill()
    await arena.gateway.start()
    const answersAt = performance.now()
    await arena.home.untilConnected(15_000)
    backMs.push(Math.round(performance.now() - answersAt))
    await sleep(300)
  }
  over.abort()
  await appending
  const last = await append()
  await until('all are at the head', () =>
    subscribers.every(({ subscription }) => subscription.records.at(-1)?.id === last),
  )
  await Promise.all(subscribers.map((subscriber) => subscriber.stop()))
  await arena.home.terminate()
  const store = readStore(arena.database)
  expect([...checkAppends(side.history, store), ...checkSequences(side.history, store)]).toEqual([])
  expect(Math.max(...backMs), `back after ${backMs.join(', ')} ms`).toBeLessThan(2_000)
})

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
