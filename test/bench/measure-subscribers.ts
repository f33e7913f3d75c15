import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordBody } from './record-body.ts'
import type { Stage } from './stage.ts'
import { percentile } from './statistics.ts'

const THREAD = 'th_subscribers'
/** Clients that connect at once: a kernel's queue of new connections is not what is measured. */
const AT_ONCE = 50
const EVENTS = 30
/** Between two events: all have the one before by then, or it counts as late. */
const PAUSE_MS = 500
/** What a stalled client is sent until it must have been left behind. */
const FLOOD_EVENTS = 64
const FLOOD_BYTES = 60_000

export interface Delivery {
  readonly p50Ms: number
  readonly p99Ms: number
  /** Copies of each event that left home: bytes on the link ÷ bytes of one event as a subscriber sees it. */
  readonly copies: number
}

export interface SubscribersResult {
  readonly subscribers: number
  readonly stalled: number
  readonly delivery: Delivery
  /** The same to the rest while `stalled` of them read nothing. */
  readonly besideStalled: Delivery
  readonly gatewayKibPerSubscriber: number
  readonly daemonKibPerSubscriber: number
}

/** From an append at home to its event at each of many clients of one feed, through the gateway. */
export async function measureSubscribers(
  stage: Stage,
  subscribers: number,
  stalled: number,
): Promise<SubscribersResult> {
  const pids = [stage.gateway.pid, stage.home.pid as number]
  // One has come and gone: what the first costs once is not every one's share.
  const first = await follow(stage)
  await appendOne(stage, recordBody(0))
  await arrived([first], 1)
  const before = await Promise.all(pids.map(residentKib))
  const followers = [first]
  for (let count = 1; count < subscribers; count += AT_ONCE) {
    const some = Math.min(AT_ONCE, subscribers - count)
    followers.push(...(await Promise.all(Array.from({ length: some }, () => follow(stage)))))
  }
  await untilJoined(stage, subscribers)
  const after = await Promise.all(pids.map(residentKib))
  const share = pids.map((_, at) => ((after[at] as number) - (before[at] as number)) / subscribers)
  const delivery = await deliver(stage, followers)
  const idle = followers.slice(0, stalled)
  const rest = followers.slice(stalled)
  for (const { socket } of idle) socket.pause()
  await flood(stage, rest)
  const besideStalled = await deliver(stage, rest)
  for (const { socket } of followers) socket.destroy()
  return {
    subscribers,
    stalled,
    delivery,
    besideStalled,
    gatewayKibPerSubscriber: share[0] as number,
    daemonKibPerSubscriber: share[1] as number,
  }
}

interface Follower {
  readonly socket: Socket
  /** When each event came, in order. */
  readonly times: number[]
  /** Everything that came. */
  bytes: number
}

/** A client that does as little as can be: events are counted by their names. */
async function follow(stage: Stage): Promise<Follower> {
  const { port, host } = new URL(stage.gateway.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(
    `GET /v1/sync/subscribe?thread=${THREAD}&since=now HTTP/1.1\r\nHost: ${host}\r\n` +
      `Authorization: Bearer ${stage.bearer}\r\n\r\n`,
  )
  const follower: Follower = { socket, times: [], bytes: 0 }
  const ready = once(socket, 'data')
  let tail = ''
  socket.on('data', (bytes: Buffer) => {
    const text = tail + bytes.toString('latin1')
    let at = 0
    for (let next = text.indexOf(NAME, at); next !== -1; next = text.indexOf(NAME, at)) {
      follower.times.push(performance.now())
      at = next + NAME.length
    }
    follower.bytes += bytes.length
    tail = text.slice(Math.max(at, text.length - NAME.length + 1))
  })
  await ready
  return follower
}

const NAME = 'event: record'

async function deliver(stage: Stage, followers: readonly Follower[]): Promise<Delivery> {
  const [one] = followers as [Follower]
  for (const follower of followers) follower.times.length = 0
  const { bytesOut } = await linkOf(stage)
  const bytesBefore = one.bytes
  const latencies: number[] = []
  for (let event = 0; event < EVENTS; event += 1) {
    const startedAt = performance.now()
    await appendOne(stage, recordBody(event))
    await arrived(followers, event + 1)
    for (const { times } of followers) latencies.push((times[event] as number) - startedAt)
    await sleep(Math.max(0, PAUSE_MS - (performance.now() - startedAt)))
  }
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    copies: ((await linkOf(stage)).bytesOut - bytesOut) / (one.bytes - bytesBefore),
  }
}

/** Large events one after the other, each as soon as all who read have the one before. */
async function flood(stage: Stage, readers: readonly Follower[]): Promise<void> {
  for (const follower of readers) follower.times.length = 0
  const body = { ...recordBody(0), body: { text: 'x'.repeat(FLOOD_BYTES) } }
  for (let event = 0; event < FLOOD_EVENTS; event += 1) {
    await appendOne(stage, body)
    await arrived(readers, event + 1)
  }
}

async function arrived(followers: readonly Follower[], count: number): Promise<void> {
  while (followers.some(({ times }) => times.length < count)) await sleep(2)
}

async function untilJoined(stage: Stage, count: number): Promise<void> {
  while ((await linkOf(stage)).subscribers < count) await sleep(50)
}

/** What the home process tells of its link. */
async function linkOf({ home }: Stage): Promise<{ subscribers: number; bytesOut: number }> {
  home.send('link')
  const [told] = (await once(home, 'message')) as [{ subscribers: number; bytesOut: number }]
  return told
}

async function appendOne({ directUrl, bearer }: Stage, body: object): Promise<void> {
  const answer = await fetch(`${directUrl}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, thread: THREAD }),
  })
  if (!answer.ok) throw new Error(await answer.text())
  await answer.arrayBuffer()
}

async function residentKib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN)
}
