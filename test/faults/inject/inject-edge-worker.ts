import type { Exchange, ExchangeStream } from '../../../edge-gateway/tunnel/exchange/exchange.ts'
import { TrafficCounts } from '../../../edge-gateway/tunnel/traffic-counts.ts'
import { TunnelConnection } from '../../../edge-gateway/tunnel/connection/tunnel-connection.ts'
import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import { Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { PROTOCOL_VERSION } from '../../../protocol/tunnel/version.ts'
import { followEvents, gapIn, openEvents, someSubscribers } from './inject-edge-events-worker.ts'
import { FEED_KINDS, HomeFeeds } from './inject-edge-feeds-worker.ts'
import { BYSTANDER_BYTES, HOME_KINDS, answerAtHome } from './inject-edge-home-worker.ts'
import {
  headOf,
  memory,
  openHttp,
  openSocket,
  playClient,
  uploadOf,
} from './inject-edge-clients-worker.ts'
import { type Chance, chanceOf, oneOf, pause } from './inject-edge-chance-worker.ts'

/*
 * Runs inside workerd: the gateway's own connection and exchanges, with the real streams and WebSockets of the runtime. Home is a
 * real multiplexer beside it. One step of each target's life throws, and home and the client do odd things.
 */

export interface EdgeReport {
  readonly runs: number
  readonly violations: readonly string[]
  /** Steps that threw, and faults that the gateway counted for them. */
  readonly thrown: number
  readonly counted: number
}

const TARGETS = 8
/** Runs side by side. */
const TOGETHER = 5
const SETTLE_MS = 3_000
const STREAM_STEPS = ['write', 'end', 'queued', 'consumed'] as const

const EXCHANGE_STEPS = [
  'head',
  'data',
  'end',
  'reset',
  'stopSending',
  'writable',
  'watchClient',
  'joined',
] as const

export default {
  async fetch(request: Request): Promise<Response> {
    const { seed, first, runs } = await request.json<{
      seed: number
      first: number
      runs: number
    }>()
    const report = { runs, violations: [] as string[], thrown: 0, counted: 0 }
    const one = async (run: number) => {
      const random = chanceOf(seed + Math.imul(run, 0x9e3779b1))
      for (const violation of await injectAtEdge(random, report))
        report.violations.push(`seed ${seed}, run ${run}: ${violation}`)
    }
    // Streams that resume wait more than they work.
    for (let run = first; run < first + runs; run += TOGETHER) {
      const few = Array.from(
        { length: Math.min(TOGETHER, first + runs - run) },
        (_, at) => run + at,
      )
      await Promise.all(few.map(one))
    }
    return Response.json(report satisfies EdgeReport)
  },
}

async function injectAtEdge(
  random: Chance,
  report: { thrown: number; counted: number },
): Promise<readonly string[]> {
  const violations: string[] = []
  const counts = new TrafficCounts(undefined, 0)
  let closed: string | undefined
  let home: Multiplexer
  const socket = {
    send: (bytes: Uint8Array) => {
      const copy = bytes.slice()
      setTimeout(() => home.receive(copy, Date.now()), 0)
    },
    close: (code: number, reason: string) => (closed = `${code} ${reason}`),
    serializeAttachment() {},
  } as unknown as WebSocket
  const subscribers = someSubscribers(() => connection)
  const connection: TunnelConnection = new TunnelConnection({
    socket,
    attachment: { generation: 1, connectedAt: Date.now() },
    subscribers,
    counts,
    onHello: () => {},
    onPolicy: () => {},
  })
  const flush = () => {
    for (let bytes = home.next(); bytes !== undefined; bytes = home.next())
      connection.receive(bytes.slice())
  }
  home = new Multiplexer(
    'acceptor',
    {
      hello() {},
      open: (stream, head) => {
        if (!head.target.startsWith('/events-'))
          return answerAtHome(random, home, stream, head.target)
        setTimeout(() => feeds.answer(stream, head), random() * 4)
      },
      data: (stream, bytes) => setTimeout(() => home.consumed(stream, bytes.length), 0),
      // As an app answers a close; after a whole answer it says nothing.
      end: (stream) => setTimeout(() => home.end(stream), 0),
      reset: (stream) => feeds.reset(stream),
      left: (member) => feeds.left(member),
      stopSending() {},
      writable() {},
      goAway() {},
      output: () => setTimeout(flush, 0),
    },
    { version: PROTOCOL_VERSION, agent: 'home/1' },
  )
  const feeds = new HomeFeeds(random, home)
  setTimeout(flush, 0)
  if (!(await until(() => connection.ready))) return ['the connection never greeted']

  const bystander = openHttp(
    connection,
    '/bystander',
    null,
    (stream) => stream,
    () => {},
  )
  const aborts: AbortController[] = []
  const clients: Promise<string | void>[] = Array.from({ length: TARGETS }, (_, index) => {
    const sort = random()
    const isSocket = sort < 0.25
    const isFeed = sort > 0.6
    const step = random() < 0.85 ? oneOf(random, [...STREAM_STEPS, ...EXCHANGE_STEPS]) : undefined
    let left = Math.floor(random() * 3)
    const due = () => {
      left -= 1
      if (left !== -1) return
      report.thrown += 1
      throw new Error(`injected: ${step}`)
    }
    const onStream = (stream: ExchangeStream) => throwing(stream, STREAM_STEPS, step, due)
    const onExchange = (exchange: Exchange) => throwing(exchange, EXCHANGE_STEPS, step, due)
    const abort = new AbortController()
    if (isFeed) {
      const head = headOf(`/${oneOf(random, FEED_KINDS)}/${index}`, {
        ...(random() < 0.4 && { upgrade: 'websocket' }),
      })
      const answer = openEvents({
        connection,
        subscribers,
        memory,
        head: JSON.parse(head) as RequestHead,
        feed: random() < 0.5,
        onStream,
        onExchange,
        signal: abort.signal,
      })
      return followEvents(answer, random() < 0.3 ? random() * 30 : undefined).then(gapIn)
    }
    aborts.push(abort)
    const body = random() < 0.4 ? uploadOf(random) : null
    const target = `/${oneOf(random, HOME_KINDS)}/${index}`
    const answer = isSocket
      ? openSocket(connection, `/socket/${index}`, onStream, onExchange, abort.signal)
      : openHttp(connection, target, body, onStream, onExchange, abort.signal)
    return playClient(random, answer)
  })
  const whole = await (await bystander).arrayBuffer().catch(() => new ArrayBuffer(0))
  if (whole.byteLength !== BYSTANDER_BYTES)
    violations.push(`a bystander got ${whole.byteLength} bytes`)
  if (closed !== undefined) violations.push(`the connection ended: ${closed}`)
  await pause(random() * 20)
  // Whoever is still there leaves, and what nobody answered is overdue.
  for (const abort of aborts) abort.abort()
  connection.streams.exchanges.endOverdue(Date.now() + 3_600_000)
  // Whoever follows events is not sent away: what goes on has its end now.
  feeds.close()
  const settled = Promise.all(clients)
  const gaps = await Promise.race([settled, pause(SETTLE_MS)])
  if (gaps === undefined)
    violations.push('a client was never answered, or its events neither go on nor end')
  for (const gap of gaps ?? []) if (gap !== undefined) violations.push(`events: ${gap}`)
  if (!(await until(() => connection.streams.open === 0)))
    violations.push(`${connection.streams.open} exchanges leaked`)
  if (!(await until(() => subscribers.size === 0)))
    violations.push(`${subscribers.size} subscribers leaked`)
  if (!(await until(() => feeds.members === 0)))
    violations.push(`${feeds.members} members leaked at home`)
  if (!(await until(() => home.openStreams === 0)))
    violations.push(`${home.openStreams} slots leaked at home`)
  report.counted += counts.sums.faults
  connection.lost()
  return violations
}

/** The object, whose one method throws when it is due. */
function throwing<Owner extends object>(
  owner: Owner,
  names: readonly string[],
  step: string | undefined,
  due: () => void,
): Owner {
  if (step === undefined || !names.includes(step)) return owner
  const method = (owner as Record<string, unknown>)[step] as (...args: unknown[]) => unknown
  Object.defineProperty(owner, step, {
    value: (...args: unknown[]) => {
      due()
      return method.apply(owner, args)
    },
  })
  return owner
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < SETTLE_MS / 5; tries += 1) {
    if (condition()) return true
    await pause(5)
  }
  return false
}
