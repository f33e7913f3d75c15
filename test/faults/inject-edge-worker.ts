import type {
  Exchange,
  ExchangeStream,
  RelayedRequest,
} from '../../edge-gateway/tunnel/exchange.ts'
import { HttpExchange } from '../../edge-gateway/tunnel/http-exchange.ts'
import { MessageMemory } from '../../edge-gateway/tunnel/message-memory.ts'
import { TrafficCounts } from '../../edge-gateway/tunnel/traffic-counts.ts'
import { TunnelConnection } from '../../edge-gateway/tunnel/tunnel-connection.ts'
import { Upload } from '../../edge-gateway/tunnel/upload.ts'
import { WebSocketExchange } from '../../edge-gateway/tunnel/websocket-exchange.ts'
import { encodeHead, type RequestHead, type ResponseHead } from '../../protocol/tunnel/heads.ts'
import { Multiplexer } from '../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../protocol/tunnel/reset-code.ts'
import { STRANGERS } from '../../protocol/multiplexer/shares.ts'
import { PROTOCOL_VERSION } from '../../protocol/tunnel/version.ts'
import { encodeRecord } from '../../protocol/tunnel/websocket-record.ts'
import { followEvents, gapIn, openEvents, someSubscribers } from './inject-edge-events-worker.ts'
import { FEED_KINDS, HomeFeeds } from './inject-edge-feeds-worker.ts'

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
const BYSTANDER_BYTES = 200_000
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

type Chance = () => number

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
  const connection: TunnelConnection = new TunnelConnection(
    socket,
    { generation: 1, connectedAt: Date.now() },
    () => {},
    subscribers,
    () => {},
    counts,
  )
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
  connection.look(Date.now() + 3_600_000)
  // Whoever follows events is not sent away: what goes on has its end now.
  feeds.close()
  const settled = Promise.all(clients)
  const gaps = await Promise.race([settled, pause(SETTLE_MS)])
  if (gaps === undefined)
    violations.push('a client was never answered, or its events neither go on nor end')
  for (const gap of gaps ?? []) if (gap !== undefined) violations.push(`events: ${gap}`)
  if (!(await until(() => connection.openStreams === 0)))
    violations.push(`${connection.openStreams} exchanges leaked`)
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

const HOME_KINDS = ['small', 'long', 'cut', 'silent', 'odd', 'bodiless'] as const

function answerAtHome(random: Chance, home: Multiplexer, stream: number, target: string): void {
  const [, kind] = target.split('/')
  const head = (more: Partial<ResponseHead> = {}) =>
    encodeHead({ status: 200, headers: [], ...more })
  const piece = new Uint8Array(20_000)
  setTimeout(
    () => {
      if (kind === 'silent') return
      if (kind === 'bystander' || kind === 'long' || kind === 'cut') {
        home.respond(stream, head(), piece, false)
        for (let sent = piece.length; sent < BYSTANDER_BYTES; sent += piece.length)
          home.write(stream, piece)
        if (kind === 'cut') home.reset(stream, RESET.BODY_FAILED, Date.now())
        else home.end(stream)
      } else if (kind === 'socket') {
        home.respond(stream, head({ status: 101 }), new Uint8Array(0), false)
        home.write(stream, encodeRecord({ kind: 'text', text: 'tea' }))
        const last = random()
        if (last < 0.3) home.write(stream, Uint8Array.of(9, 9, 9, 9, 9, 9))
        else if (last < 0.6)
          home.write(stream, encodeRecord({ kind: 'close', code: 4000, reason: '' }))
        if (last < 0.6) home.end(stream)
      } else if (kind === 'odd') {
        home.respond(
          stream,
          head({ status: oneOf(random, [101, 204, 304, 599]), headers: [['content-length', '7']] }),
          piece,
          random() < 0.5,
        )
      } else
        home.respond(
          stream,
          head({ status: kind === 'bodiless' ? 304 : 200 }),
          piece.subarray(0, 9),
          true,
        )
    },
    Math.floor(random() * 4),
  )
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

const memory = new MessageMemory()
let asked = 0

function requestOf(): RelayedRequest {
  asked += 1
  return { requestId: `r${asked}`, isHead: false, repeat: () => undefined }
}

function headOf(target: string, more: object = {}): string {
  return JSON.stringify({
    method: 'GET',
    target,
    headers: [],
    host: 'h.example',
    scheme: 'https',
    request_id: `r${asked}`,
    ...more,
  })
}

function openHttp(
  connection: TunnelConnection,
  target: string,
  body: ReadableStream<Uint8Array> | null,
  onStream: (stream: ExchangeStream) => ExchangeStream,
  onExchange: (exchange: Exchange) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Response> {
  let response!: Promise<Response>
  const upload = body === null ? undefined : new Upload(body)
  const make = (stream: ExchangeStream) => {
    const exchange = new HttpExchange(onStream(stream), requestOf(), upload, () => signal, memory)
    onExchange(exchange)
    response = exchange.response
    return exchange
  }
  const head = headOf(target, body === null ? {} : { method: 'POST' })
  connection.open(
    head,
    undefined,
    body === null,
    { at: Date.now() + 60_000, afterMs: 60_000 },
    make,
    STRANGERS,
  )
  return response
}

function openSocket(
  connection: TunnelConnection,
  target: string,
  onStream: (stream: ExchangeStream) => ExchangeStream,
  onExchange: (exchange: Exchange) => void,
  signal: AbortSignal,
): Promise<Response> {
  let response!: Promise<Response>
  const make = (stream: ExchangeStream) => {
    const share = { exceeds: () => false }
    const exchange = new WebSocketExchange(
      onStream(stream),
      requestOf(),
      () => signal,
      share,
      memory,
    )
    onExchange(exchange)
    response = exchange.response
    return exchange
  }
  const head = headOf(target, { upgrade: 'websocket' })
  connection.open(
    head,
    undefined,
    false,
    { at: Date.now() + 60_000, afterMs: 60_000 },
    make,
    STRANGERS,
  )
  return response
}

/** Reads, leaves, or talks; resolves when it is over for the client. */
async function playClient(random: Chance, answer: Promise<Response>): Promise<void> {
  const response = await answer
  const socket = response.webSocket
  if (socket === null) {
    if (random() < 0.4) await response.body?.cancel().catch(() => {})
    else await response.arrayBuffer().catch(() => {})
    return
  }
  socket.accept()
  const over = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve())
    socket.addEventListener('error', () => resolve())
  })
  if (random() < 0.7) socket.send('hello')
  await pause(random() * 10)
  try {
    if (random() < 0.5)
      socket.close(oneOf(random, [1000, 4000]), 'x'.repeat(Math.floor(random() * 123)))
    else socket.close()
  } catch {
    // Closed already.
  }
  await Promise.race([over, pause(200)])
}

function uploadOf(random: Chance): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const send = async () => {
    for (let count = random() * 10; count > 0; count -= 1)
      await writer.write(new Uint8Array(10_000))
    if (random() < 0.5) await writer.close()
    else await writer.abort(new Error('the client broke off'))
  }
  send().catch(() => {})
  return readable
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < SETTLE_MS / 5; tries += 1) {
    if (condition()) return true
    await pause(5)
  }
  return false
}

function oneOf<T>(random: Chance, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

/** Mulberry32, as the seeds of the other suites have it. */
function chanceOf(seed: number): Chance {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
