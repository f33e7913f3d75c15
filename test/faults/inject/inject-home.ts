import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { RequestHead } from '../../../protocol/tunnel/heads.ts'
import { encodeHead } from '../../../protocol/tunnel/heads.ts'
import { type Membership, Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'
import { encodeRecord } from '../../../protocol/tunnel/websocket-record.ts'
import { LocalExchange } from '../../../local-daemon/tunnel/exchange/local-exchange.ts'
import type { TunnelApp } from '../../../local-daemon/tunnel/tunnel-app.ts'
import { TunnelSession } from '../../../local-daemon/tunnel/tunnel-session.ts'
import { MuxEnd, pattern, requestHead } from '../../support/wire/mux-end.ts'
import { APP_FAULTS, type AppFault, type AppHold, injectedApp } from './injected-app.ts'
import type { RealApp } from './inject-real-app.ts'
import { fillAtStep, revokeAtStep } from './inject-real-streams.ts'
import { type Random, seededRandom } from '../../support/random.ts'

/** What was wrong after one run; empty: nothing. */
export interface Injection {
  readonly seed: string
  readonly violations: readonly string[]
  /** What was injected, for the report. */
  readonly injected: readonly string[]
  /** Faults that home has noted. */
  readonly noted: number
}

const TARGETS = 6
const BYSTANDERS = 3
const BYSTANDER_BYTES = 300_000
/** Milliseconds in which everything that can end has ended. */
const SETTLE_MS = 5_000

/** Where the relay's own code is made to throw: a method that takes the stream's number first, or one of an exchange. */
const MACHINE_STEPS = ['respond', 'write', 'end', 'consumed', 'settled'] as const
const EXCHANGE_STEPS = ['data', 'end', 'reset', 'writable'] as const

/**
 * One connection of a real session over a real WebSocket: three bystanders, and six streams each of which fails at a step of
 * its life. The others must not notice, every slot must be free afterwards, and nothing may reach the process.
 */
export async function injectAtHome(seed: string, real: RealApp): Promise<Injection> {
  const random = seededRandom(seed)
  const injected: string[] = []
  const holds = new Map<string, AppHold>()
  const violations: string[] = []
  const uncaught = (error: unknown) => void violations.push(`reached the process: ${String(error)}`)
  process.on('unhandledRejection', uncaught)
  process.on('uncaughtException', uncaught)
  const unplant = plant(random, injected)
  let noted = 0
  await using pair = await aPair()
  const session = new TunnelSession(pair.home, {
    app: appOf(random, holds, real.app),
    agent: 'home/1',
    process: 'p',
    open: [],
    meter: undefined,
    onReady() {},
    onPolicyAcked() {},
    onRival() {},
    onGoAway() {},
    onFault: () => (noted += 1),
  })
  const gateway = aGateway(pair.gateway, random)
  try {
    await until(() => gateway.greeted > 0)
    const bystanders = range(BYSTANDERS).map((id) => gateway.open(head(`/bystander/b${id}`), true))
    const targets = range(TARGETS).map((id) => {
      const fault = random.pick(APP_FAULTS)
      injected.push(fault)
      return gateway.begin(fault, `${id}`)
    })
    gateway.after(random)
    const cut = random.next() < 0.1
    if (cut) {
      await sleep(random.whole(0, 30))
      injected.push('connection lost')
      pair.gateway.terminate()
    }
    if (!cut) {
      const parts = { real, gateway, random, violations, injected, until }
      // Not in each run: a store that was full is looked at again only after a while.
      const chance = random.next()
      const asked =
        chance < 0.45 ? await revokeAtStep(parts) : chance < 0.55 ? await fillAtStep(parts) : []
      for (const id of bystanders) {
        const whole = () => gateway.seen(id).ended && gateway.seen(id).bytes === BYSTANDER_BYTES
        if (!(await until(whole))) violations.push(`a bystander noticed: ${gateway.tell(id)}`)
      }
      if (pair.home.readyState !== WebSocket.OPEN) violations.push('the connection ended')
      const steady: readonly AppFault[] = [
        'never answers',
        'body hangs',
        'body fails when it is given up',
      ]
      for (const { id, fault } of targets) {
        // One that nobody gives up may go on; every other has an end.
        const over = () =>
          gateway.seen(id).ended || gateway.seen(id).reset !== undefined || gateway.givenUp.has(id)
        if (steady.includes(fault) || fault.startsWith('socket') || fault.startsWith('events'))
          continue
        if (!gateway.reads(id)) continue
        if (!(await until(over)))
          violations.push(`neither ends nor goes on: ${fault}, ${gateway.tell(id)}`)
      }
      for (const { id } of targets) gateway.giveUp(id)
      for (const id of asked) gateway.giveUp(id)
    }
    if (!(await until(() => session.open === 0)))
      violations.push(`${session.open} slots leaked at home`)
    if (!cut && !(await until(() => gateway.openStreams === 0)))
      violations.push(`${gateway.openStreams} slots leaked at the gateway`)
    const kept = () =>
      [...holds].filter(([, { told, fault }]) => !told && fault !== 'never answers')
    if (!(await until(() => kept().length === 0)))
      violations.push(
        `the app was never told: ${kept()
          .map(([id, { fault }]) => `${id} ${fault}`)
          .join(', ')}`,
      )
  } finally {
    unplant()
    session.terminate()
    await sleep(5)
    process.off('unhandledRejection', uncaught)
    process.off('uncaughtException', uncaught)
  }
  return { seed, violations, injected, noted }
}

function appOf(random: Random, holds: Map<string, AppHold>, real: TunnelApp): TunnelApp {
  const app = injectedApp(random.branch('app'), holds)
  const ofWhom = ({ url }: Request) => (new URL(url).pathname.startsWith('/v1/') ? real : app)
  return {
    fetch: (request, facts) =>
      new URL(request.url).pathname.startsWith('/bystander/')
        ? new Response(inPieces(BYSTANDER_BYTES))
        : ofWhom(request).fetch(request, facts),
    upgrade: async (request, facts) =>
      (await ofWhom(request).upgrade?.(request, facts)) ?? new Response('none', { status: 404 }),
  }
}

/** Makes one step of the relay's own code throw, for targets only: they are the streams after the bystanders. */
function plant(random: Random, injected: string[]): () => void {
  const isTarget = (stream: unknown) => typeof stream === 'number' && stream > BYSTANDERS
  const undo: (() => void)[] = []
  const replace = <Owner extends object>(
    owner: Owner,
    name: keyof Owner,
    throws: (self: object, first: unknown) => boolean,
  ) => {
    const original = owner[name] as (...args: unknown[]) => unknown
    Object.assign(owner, {
      [name](this: object, ...args: unknown[]) {
        if (throws(this, args[0])) throw new Error(`injected: ${String(name)}`)
        return original.apply(this, args)
      },
    })
    undo.push(() => Object.assign(owner, { [name]: original }))
  }
  const nth = () => {
    let left = random.whole(1, 8)
    return () => (left -= 1) === 0
  }
  if (random.next() < 0.6) {
    const step = random.pick(MACHINE_STEPS)
    injected.push(`machine: ${step}`)
    const due = nth()
    const homes = new WeakSet<object>()
    // Both ends of the connection are in this process: only home's machine accepts streams.
    replace(Multiplexer.prototype, 'respond', (self) => !homes.add(self))
    replace(
      Multiplexer.prototype,
      step,
      (self, first) => homes.has(self) && isTarget(first) && due(),
    )
  }
  if (random.next() < 0.6) {
    const step = random.pick(EXCHANGE_STEPS)
    injected.push(`exchange: ${step}`)
    const due = nth()
    const targets = new WeakSet<object>()
    const run = LocalExchange.prototype.run
    LocalExchange.prototype.run = function remember(app, asked) {
      if (!asked.target.startsWith('/bystander/')) targets.add(this)
      return run.call(this, app, asked)
    }
    undo.push(() => (LocalExchange.prototype.run = run))
    replace(LocalExchange.prototype, step, (self) => targets.has(self) && due())
  }
  return () => undo.toReversed().forEach((one) => one())
}

/** The other end: a real machine that reads some streams, leaves some lying, gives some up and sends odd things on others. */
function aGateway(socket: WebSocket, random: Random) {
  /** Bytes of those who read nothing. */
  const slow = new Map<number, number>()
  const givenUp = new Set<number>()
  const members = new Map<number, Membership>()
  const left = new Set<number>()
  const flush = () => {
    for (let bytes = end.mux.next(); bytes !== undefined; bytes = end.mux.next()) {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes.slice())
    }
  }
  const read = (stream: number, bytes: number) => {
    const held = slow.get(stream)
    if (held === undefined) end.mux.consumed(stream, bytes)
    else slow.set(stream, held + bytes)
  }
  const end: MuxEnd = new MuxEnd('opener', {
    consume: false,
    on: {
      head: (stream, _head, body) => read(stream, body.length),
      data: (stream, bytes) => read(stream, bytes.length),
      joined: (stream, membership) => members.set(stream, membership),
      left: ({ group, member }) => {
        for (const [stream, known] of members)
          if (known.group === group && known.member === member) left.add(stream)
      },
      output: () => setImmediate(flush),
    },
  })
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) end.mux.receive(data, performance.now())
    flush()
  })
  flush()
  const uploads: number[] = []
  const open = (asked: RequestHead, whole: boolean) => end.mux.open(encodeHead(asked), whole)
  return {
    givenUp,
    open,
    get greeted() {
      return end.greeted
    },
    get openStreams() {
      return end.mux.openStreams
    },
    seen: (id: number) => end.seen(id),
    body: (id: number) => end.body(id),
    holdBack: (id: number) => slow.set(id, slow.get(id) ?? 0),
    readOn(id: number) {
      const held = slow.get(id) ?? 0
      slow.delete(id)
      end.mux.consumed(id, held)
    },
    write(id: number, bytes: Uint8Array, last: boolean) {
      end.mux.write(id, bytes)
      if (last) end.mux.end(id)
    },
    joined: (id: number) => members.has(id),
    left: (id: number) => left.has(id),
    reads: (id: number) => !slow.has(id),
    tell: (id: number) => {
      const { ended, reset, bytes } = end.seen(id)
      return `stream ${id}, ${bytes} bytes, ended ${ended}, reset ${reset}`
    },
    begin(fault: AppFault, id: string) {
      const target = `/${encodeURIComponent(fault)}/${id}`
      const upload = fault.startsWith('upload') || random.next() < 0.2
      const asked = fault.startsWith('socket')
        ? { ...head(target), upgrade: 'websocket' as const }
        : { ...head(target), ...(upload && { method: 'POST' }) }
      const whole = !fault.startsWith('socket') && !upload
      const stream = open(asked, whole)
      if (random.next() < 0.3) slow.set(stream, 0)
      if (!whole) uploads.push(stream)
      return { id: stream, fault }
    },
    /** What clients do meanwhile. */
    after(chance: Random) {
      for (const stream of uploads) {
        const bytes = chance.pick([
          encodeRecord({ kind: 'text', text: 'tea' }),
          encodeRecord({ kind: 'close', code: 1000, reason: '' }),
          Uint8Array.of(9, 9, 9),
          pattern(30_000, stream),
        ])
        end.mux.write(stream, bytes)
        if (chance.next() < 0.7) end.mux.end(stream)
        // An upload that never ends is waited for: its client leaves.
        else setTimeout(() => this.giveUp(stream), chance.whole(0, 40))
      }
      for (let id = BYSTANDERS + 1; id <= BYSTANDERS + TARGETS; id += 1) {
        if (chance.next() < 0.25) {
          setTimeout(() => this.giveUp(id), chance.whole(0, 20))
        }
      }
    },
    giveUp(id: number) {
      if (givenUp.has(id)) return
      givenUp.add(id)
      end.mux.reset(id, RESET.CANCEL, performance.now())
    },
  }
}

function head(target: string): RequestHead {
  return requestHead(target)
}

async function aPair() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const home = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate: false,
  })
  home.binaryType = 'nodebuffer'
  home.on('error', () => {})
  const [gateway] = (await once(server, 'connection')) as [WebSocket]
  gateway.on('error', () => {})
  if (home.readyState !== WebSocket.OPEN) await once(home, 'open')
  return {
    home,
    gateway,
    async [Symbol.asyncDispose]() {
      home.terminate()
      gateway.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function inPieces(bytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, 10_000)
      left -= size
      controller.enqueue(new Uint8Array(size))
      if (left === 0) controller.close()
    },
  })
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** False: it did not become so in time. */
async function until(condition: () => boolean, limitMs = SETTLE_MS): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > deadline) return false
    await sleep(2)
  }
  return true
}
