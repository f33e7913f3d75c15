import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/until.ts'
import { appendUntilTold } from './clients/append-until-told.ts'
import { anArena, type Arena, type ArenaOptions } from './arena.ts'
import { checkAppends } from './checks/check-appends.ts'
import { checkBodies } from './checks/check-bodies.ts'
import { checkMemory, type Memory } from './checks/check-memory.ts'
import { checkSequences } from './checks/check-sequences.ts'
import { LOADED_THREADS } from './clients/clients.ts'
import { fireFault } from './fire-fault.ts'
import { aHistory, type History } from './history.ts'
import { startLoad, type Load } from './clients/load.ts'
import type { PublicSide } from './public-side.ts'
import { seededRandom } from '../support/random.ts'
import { makeSchedule, type Planned } from './schedule.ts'
import { canMount } from '../support/daemon/small-disk.ts'
import { readStore, type StoreSnapshot } from './checks/store-snapshot.ts'
import type { Violation } from './violation.ts'
import { checkWitness, type Witness } from './witness.ts'

export interface ChaosOptions extends Omit<ArenaOptions, 'random'> {
  readonly seed: string
  /** What is done; drawn from the seed unless told. */
  readonly schedule?: readonly Planned[]
  /** Time that subscribers have to reach the head after the last fault, milliseconds. */
  readonly arriveMs?: number
  /** Least length of the load, milliseconds. */
  readonly loadMs?: number
}

/** What a run did, saw and found. */
export interface ChaosResult {
  readonly seed: string
  readonly seconds: number
  readonly witnesses: readonly Witness[]
  readonly violations: readonly Violation[]
  readonly acknowledged: number
  readonly tries: number
  readonly records: number
  readonly bodies: number
  readonly bodyBytes: number
  readonly events: number
  readonly reconnects: number
  readonly left: number
  readonly before: Memory
  readonly after: Memory
  /** From the end of the last fault until every subscriber was at the head, milliseconds. */
  readonly arrivedMs: number
}

/** Time that processes, connections and caches have to become what they are under load, milliseconds. */
const WARM_UP_MS = 1_000
/** The load goes on for so long after the last fault, milliseconds. */
const CALM_MS = 500
/** A daemon that was lost several times in a row asks at most this seldom, milliseconds, and once more. */
const ARRIVE_MS = 60_000
/** Who has left is noticed with the next event, which the run makes; no longer than `arriveMs`. */
const RELEASE_MS = 10_000

/** One run: a steady load from the public side, faults, and after them the proof that nothing was harmed. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedAt = performance.now()
  const { seed, app, worker, arriveMs = ARRIVE_MS } = options
  const random = seededRandom(seed)
  const violations: Violation[] = []
  const drawn = options.schedule ?? makeSchedule(random.branch('schedule'))
  const schedule = drawn.some(needsDisk) ? withDisk(drawn, violations) : drawn
  const smallDisk = schedule.some(needsDisk)
  const history = aHistory()
  await using arena = await anArena({ random, app, worker, smallDisk })
  const over = new AbortController()
  const side: PublicSide = {
    port: arena.clientLink.port,
    authorization: ['authorization', `Bearer ${arena.home.bearer}`],
    history,
    random: random.branch('load'),
    traffic: { underWay: 0 },
    patienceMs: arriveMs,
    over: over.signal,
    storeMayFail: smallDisk,
  }
  const load = startLoad(side)
  await sleep(WARM_UP_MS)
  const before = await memoryOf(arena)

  const witnesses: Witness[] = []
  const steadyAt = performance.now()
  const elapsed = () => Math.round(performance.now() - steadyAt)
  async function fire(faults: readonly Planned[]): Promise<void> {
    for (const planned of faults) {
      await sleep(Math.max(0, planned.atMs - elapsed()))
      let atMs = 0
      const { witness, violations: found } = await fireFault(planned, arena, load, () => {
        atMs = elapsed()
      })
      witnesses.push({ ...witness, atMs })
      violations.push(...checkWitness({ ...witness, atMs }), ...found)
    }
  }
  // What is done to one thing follows one another; what is done to different ones may meet.
  const fired = await Promise.allSettled(Object.values(Object.groupBy(schedule, placeOf)).map(fire))
  for (const outcome of fired) {
    if (outcome.status === 'fulfilled') continue
    // One that found nobody to harm proves nothing; what the others did is checked all the same.
    violations.push({ check: 'faults', kind: 'not-fired', text: String(outcome.reason) })
  }
  await sleep(Math.max(CALM_MS, (options.loadMs ?? 0) - elapsed()))
  over.abort()
  const quietAt = performance.now()
  await load.finished
  violations.push(...(await arrival(side, load, arriveMs)))
  const arrivedMs = Math.round(performance.now() - quietAt)

  violations.push(...(await release(arena, side, load)))
  const after = await memoryOf(arena)
  await arena.home.terminate()
  const store = readStore(arena.database)
  violations.push(
    ...checkAppends(history, store),
    ...checkSequences(history, store),
    ...checkBodies(history, store),
    ...checkMemory(before, after),
    ...history.surprises.map((text): Violation => ({
      check: 'answers',
      kind: 'surprise',
      text: text.slice(0, 500),
    })),
  )
  const seconds = (performance.now() - startedAt) / 1000
  return {
    seed,
    seconds,
    witnesses,
    violations,
    before,
    after,
    arrivedMs,
    ...count(history, store),
  }
}

function needsDisk({ kind }: Planned): boolean {
  return kind === 'store-full'
}

/** Leaves out what takes a disk where none can be had, and says so; where a commit is judged that is a failure. */
function withDisk(drawn: readonly Planned[], violations: Violation[]): readonly Planned[] {
  if (canMount()) return drawn
  const text = 'a full disk needs Linux and root'
  process.stderr.write(`skipped: ${text}\n`)
  if (process.env['CI'] !== undefined) {
    violations.push({ check: 'faults', kind: 'not-fired', text })
  }
  return drawn.filter((fault) => !needsDisk(fault))
}

/** Where a fault happens. */
function placeOf({ kind }: Planned): 'clients' | 'tunnel' | 'processes' {
  if (kind.startsWith('client-')) return 'clients'
  return kind.startsWith('tunnel-') || kind === 'handshake-replay' ? 'tunnel' : 'processes'
}

/** With no fault any more every subscriber comes to the newest record, within a bound. */
async function arrival(side: PublicSide, load: Load, limitMs: number): Promise<Violation[]> {
  const last = new Map<string, string>()
  for (const thread of LOADED_THREADS) {
    const wanted = { key: `last-of-${thread}`, thread, size: 0 }
    const id = await appendUntilTold(side, wanted, false)
    if (id !== undefined) last.set(thread, id)
  }
  const newest = last.get(LOADED_THREADS.at(-1) as string)
  const behind = () =>
    load.subscribers.filter(({ subscription: { records, thread } }) => {
      const id = thread === undefined ? newest : last.get(thread)
      return !records.some((record) => record.id === id)
    })
  await until('all are at the head', () => behind().length === 0, limitMs).catch(() => {})
  return behind().map(({ subscription: { name, open } }) => ({
    check: 'arrival',
    kind: 'stuck',
    text: `${name} is not at the head after ${limitMs} ms; its stream is ${open ? 'open' : 'closed'}`,
  }))
}

/** No more streams are open at home than subscribers are there, and none when the last one has left. */
async function release(arena: Arena, side: PublicSide, load: Load): Promise<Violation[]> {
  const found: Violation[] = []
  const open = async () => (await arena.home.status()).openStreams
  let n = 0
  /** With an event now and then: whoever has left is noticed when something is written to him. */
  async function atMost(most: number): Promise<void> {
    const fits = async () => {
      for (const thread of LOADED_THREADS) {
        await appendUntilTold(side, { key: `goodbye-${n}-${thread}`, thread, size: 0 }, false)
      }
      n += 1
      await sleep(20)
      return (await open()) <= most
    }
    const limitMs = Math.min(RELEASE_MS, side.patienceMs)
    await until(`at most ${most} streams are open`, fits, limitMs).catch(async () => {
      const text = `${await open()} streams are open for ${most} subscribers`
      found.push({ check: 'streams', kind: 'leaked', text })
    })
  }
  await atMost(load.subscribers.length)
  await Promise.all(load.subscribers.map((subscriber) => subscriber.stop()))
  await atMost(0)
  return found
}

async function memoryOf({ home, gateway }: Arena): Promise<Memory> {
  const { heldBytes, rss } = await home.status(true)
  return { daemonHeld: heldBytes, daemonRss: rss, gatewayRss: gateway.rss }
}

function count({ appends, bodies, subscriptions }: History, store: StoreSnapshot) {
  const all = [...appends.values()]
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return {
    acknowledged: all.filter(({ acknowledged }) => acknowledged.size > 0).length,
    tries: sum(all.map(({ tries }) => tries)),
    records: store.records.length,
    bodies: bodies.length,
    bodyBytes: sum(bodies.map(({ bytes }) => bytes)),
    events: sum(subscriptions.map(({ records }) => records.length)),
    reconnects: sum(subscriptions.map(({ reconnects }) => reconnects)),
    left: sum(subscriptions.map(({ left }) => left)),
  }
}
