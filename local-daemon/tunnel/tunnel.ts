import { randomUUID } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { DidKey } from '../../protocol/identity/did-key.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { backoffMs } from './backoff.ts'
import { Connection, type Departure } from './connection.ts'
import { DialError } from './dial-error.ts'
import { dial } from './dial.ts'
import type { FaultPlace } from '../process/fault-book.ts'
import { localAddresses, watchSurroundings } from './surroundings.ts'
import type { LinkMeter } from './link-meter.ts'
import type { TunnelApp } from './tunnel-app.ts'

export interface TunnelOptions {
  /** Public origin of the gateway, `https://home.example.com`. */
  readonly gatewayUrl: string
  /** PEM of an extra certificate authority, for a gateway with a certificate of its own: asked for at each try. */
  readonly ca?: () => string
  readonly identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array }
  readonly app: TunnelApp
  readonly agent: string
  /** Counts what passes, over all connections. */
  readonly meter?: LinkMeter
  /** The edge policy of now (`encodeEdgePolicy`), asked for on each connect; undefined: there is none to send. */
  readonly policy?: () => Uint8Array | undefined
  readonly onEvent?: (event: TunnelEvent) => void
  /** Finds the gateway's address, anew on each try; `dns.lookup` unless told. */
  readonly lookup?: LookupFunction
  /** The machine's addresses as one text; a change of it is a change of network. */
  readonly addresses?: () => string | undefined
  /** Wall clock, milliseconds since 1970. */
  readonly now?: () => number
  /** From 0 inclusive to 1 exclusive. */
  readonly random?: () => number
}

export type TunnelEvent =
  | { readonly kind: 'connected'; readonly generation: number }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly retryMs: number }
  /** The gateway wants another connection: it is dialed while this one finishes. */
  | {
      readonly kind: 'overlap'
      readonly generation: number
      readonly reason: string
      readonly retryMs: number
    }
  /** The gateway keeps this version, durably, and decides by it. */
  | { readonly kind: 'policy-acked'; readonly version: number }
  /** Another process with this identity has asked for the place that this one has. */
  | { readonly kind: 'rival' }
  | { readonly kind: 'network-changed' }
  /** The wall clock jumped, by a sleep of the machine or because it was set; negative: back. */
  | { readonly kind: 'woke'; readonly jumpMs: number }
  /** Something has failed, and was settled where it happened. */
  | {
      readonly kind: 'error'
      readonly place: FaultPlace
      readonly error: unknown
      readonly requestId?: string
    }

/** As docs/tunnel-states.md has them. */
export type TunnelState =
  | 'connecting'
  | 'greeting'
  | 'connected'
  /** Open requests finish and no new ones come: another daemon took over, or this one is stopping. */
  | 'leaving'
  | 'waiting'
  | 'stopped'

export interface TunnelStatus {
  readonly state: TunnelState
  readonly gateway_url: string
  readonly generation: number | null
  /** Version of the policy that the gateway has acknowledged on this connection. */
  readonly policy_version: number | null
  /** When the state last changed, milliseconds since 1970. */
  readonly since: number
  readonly last_error: string | null
  /** When the gateway last greeted, milliseconds since 1970. */
  readonly last_connected_at: number | null
  /** When another process with this identity last asked for the place that this one has, milliseconds since 1970. */
  readonly rival_at: number | null
  /** The gateway's clock minus this machine's when it was last dialed, milliseconds, as it says; 0 before. Nothing is done by it. */
  readonly clock_offset_ms: number
  /** Connections after the first since the daemon started. */
  readonly reconnects: number
  readonly open_streams: number
  /** Readers of event streams who have caught up; each group of them is sent one copy. */
  readonly subscribers: number
  readonly groups: number
}

const UNCONNECTED = { generation: null, policy_version: null } as const
/** How long open requests may take to finish when the daemon stops, or needs the place of their connection. */
const DRAIN_MS = 5_000
/** A connection that served this long counts as a success: the next loss starts the backoff anew. */
const STEADY_MS = 2_000
/** How long the gateway may take to acknowledge a policy before a newer one is sent all the same, milliseconds. */
const POLICY_PATIENCE_MS = 2_000
/** A try of ours that was given up may have come in after all; until then it is to be reckoned with, milliseconds. */
const GHOST_MS = 60_000

/**
 * Keeps one connection to the gateway for as long as the daemon lives: connects, serves, and after
 * every loss connects again, for ever. Never throws for anything that the network does.
 *
 * The states, what happens in each, and the invariants are in docs/tunnel-states.md.
 */
export class Tunnel implements AsyncDisposable {
  readonly #options: TunnelOptions
  readonly #gatewayUrl: URL
  /** All whose socket is not closed, oldest first. */
  readonly #connections = new Set<Connection>()
  readonly #unwatch: () => void
  readonly #process = randomUUID()
  readonly #running: Promise<void>
  /** The newest. What others say is theirs alone and changes no status. */
  #current: Connection | undefined
  /** The try or the wait of now: aborted, it is over. */
  #step = new AbortController()
  #stopping = false
  #stopped: Promise<void> | undefined
  #clockOffsetMs = 0
  #failures = 0
  /** When a connection held last, or the start; of the monotonic clock. */
  #heldAt = performance.now()
  #nudged = false
  /** The wait of now is out of respect for another daemon. */
  #yielding = false
  /** Another daemon took the place, and has it until this one is let in again. */
  #replaced = false
  #gaveUpAt = -Infinity
  /** When a policy was sent that is not acknowledged yet; of the monotonic clock. */
  #policySentAt = -Infinity
  /** The store has changed since. */
  #policyDue = false
  #status: Omit<
    TunnelStatus,
    'open_streams' | 'subscribers' | 'groups' | 'gateway_url' | 'clock_offset_ms'
  >

  /** @throws TypeError when the gateway's address is not an http or https origin */
  constructor(options: TunnelOptions) {
    this.#options = options
    this.#gatewayUrl = parseOrigin(options.gatewayUrl)
    this.#status = {
      state: 'connecting',
      ...UNCONNECTED,
      since: Date.now(),
      last_error: null,
      last_connected_at: null,
      rival_at: null,
      reconnects: 0,
    }
    this.#unwatch = watchSurroundings(
      {
        tick: () =>
          this.#guard(() => {
            this.#connections.forEach((one) => one.tick())
            if (this.#policyDue) this.pushPolicy()
          }),
        clockJumped: (jumpMs) =>
          this.#guard(() => {
            this.#tell({ kind: 'woke', jumpMs })
            this.#nudge('a jump of the clock')
            // The ends of tokens are by our clock, which the policy tells.
            this.pushPolicy()
          }),
        networkChanged: () =>
          this.#guard(() => {
            this.#tell({ kind: 'network-changed' })
            this.#nudge('a change of network')
          }),
      },
      { now: options.now ?? Date.now, addresses: options.addresses ?? localAddresses },
    )
    this.#running = this.#run()
  }

  get status(): TunnelStatus {
    let open_streams = 0
    let subscribers = 0
    let groups = 0
    for (const { session } of this.#connections) {
      open_streams += session.open
      subscribers += session.subscribers.members
      groups += session.subscribers.groups
    }
    const gateway_url = this.#gatewayUrl.origin
    const clock_offset_ms = this.#clockOffsetMs
    return { ...this.#status, gateway_url, clock_offset_ms, open_streams, subscribers, groups }
  }

  /** Sends the policy of now. Without a connection nothing is lost: the next one begins with it. */
  pushPolicy(): void {
    if (this.#status.state !== 'connected') return
    // Many changes in a row are one for the gateway: the next is sent when it has the one before.
    this.#policyDue = performance.now() - this.#policySentAt < POLICY_PATIENCE_MS
    if (this.#policyDue) return
    this.#policySentAt = performance.now()
    try {
      const policy = this.#options.policy?.()
      if (policy !== undefined) this.#current?.session.sendPolicy(policy)
    } catch (error) {
      // The gateway goes on with the one it has, and home still decides everything itself.
      this.#fault(error)
    }
  }

  /** Takes no new requests, finishes the open ones (bounded), says goodbye. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#leave('the daemon is stopping'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #leave(reason: string): Promise<void> {
    // First: whatever is lost from now on, nothing is dialed any more.
    this.#stopping = true
    this.#unwatch()
    this.#step.abort(reason)
    if (this.#connections.size > 0) this.#change({ state: 'leaving' })
    const leaving = [...this.#connections].map((connection) => connection.leave(DRAIN_MS, reason))
    await Promise.all([...leaving, this.#running])
    this.#change({ state: 'stopped', ...UNCONNECTED })
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const departure = await this.#connectOrFail()
      if (this.#stopping) return
      await this.#wait(departure)
    }
  }

  /** Whatever fails in here of our own is waited out like a lost link: this loop ends with the daemon, and not before. */
  async #connectOrFail(): Promise<Departure> {
    try {
      return await this.#connectOnce()
    } catch (error) {
      this.#fault(error)
      return { kind: 'lost', reason: 'the daemon failed; its log says why' }
    }
  }

  /** The status and the time between a departure and the next try. */
  async #wait({ kind, reason }: Departure): Promise<void> {
    this.#failures += 1
    const retryMs = this.#retryMs(kind)
    this.#nudged = false
    this.#yielding = kind === 'replaced'
    this.#replaced ||= this.#yielding
    const { generation } = this.#status
    this.#change({ state: 'waiting', ...UNCONNECTED, last_error: reason })
    if (kind === 'retiring')
      this.#tell({ kind: 'overlap', generation: generation ?? 0, reason, retryMs })
    else this.#tell({ kind: 'disconnected', reason, retryMs })
    if (retryMs === 0 || this.#stopping) return
    await sleep(retryMs, undefined, { signal: this.#nextStep() }).catch(() => {})
    this.#nudged = false
    this.#yielding = false
  }

  #retryMs(kind: Departure['kind']): number {
    if (this.#nudged) return 0
    // The first time at once: nothing is wrong. A gateway that says it each time is waited for like any other.
    if (kind === 'retiring' && this.#failures === 1) return 0
    return backoffMs(
      kind === 'retiring' ? 'lost' : kind,
      this.#failures,
      (this.#options.random ?? Math.random)(),
      performance.now() - this.#heldAt,
    )
  }

  /** One connection from dial to departure. */
  async #connectOnce(): Promise<Departure> {
    this.#change({ state: 'connecting', ...UNCONNECTED })
    const signal = this.#nextStep()
    await this.#makeRoom()
    const { ca, identity, lookup } = this.#options
    const givenUp = () => ({ kind: 'lost', reason: `given up: ${signal.reason}` }) as const
    if (signal.aborted) return givenUp()
    let socket: WebSocket
    try {
      socket = await dial({
        gatewayUrl: this.#gatewayUrl,
        identity,
        yields: this.#replaced ? this.#process : undefined,
        onClock: (offsetMs) => (this.#clockOffsetMs = offsetMs),
        signal,
        ...(lookup === undefined ? {} : { lookup }),
        ...(ca === undefined ? {} : { ca: ca() }),
      })
    } catch (error) {
      if (!signal.aborted) return this.#dialFailed(error)
      this.#gaveUpAt = performance.now()
      return givenUp()
    }
    // Stopped in between: the socket is nobody's yet.
    if (signal.aborted) {
      socket.terminate()
      return givenUp()
    }
    return this.#serve(socket)
  }

  /** A third connection is not opened: the older one of two has had its time to finish. */
  async #makeRoom(): Promise<void> {
    while (this.#connections.size >= LIMITS.homeConnections) {
      const [oldest] = this.#connections
      await oldest?.leave(DRAIN_MS, 'a newer connection needs the place')
    }
  }

  async #serve(socket: WebSocket): Promise<Departure> {
    this.#change({ state: 'greeting' })
    // Compared, not assumed: an old connection ends late, and says things late.
    const isCurrent = () => this.#current === connection
    const open = [...this.#connections].flatMap(({ generation }) => generation ?? [])
    const connection: Connection = new Connection(socket, {
      app: this.#options.app,
      agent: this.#options.agent,
      process: this.#process,
      open,
      meter: this.#options.meter,
      onGreeted: (generation) => {
        if (isCurrent() && !this.#stopping) this.#greeted(generation)
      },
      onPolicyAcked: (version) => {
        if (!isCurrent()) return
        this.#status = { ...this.#status, policy_version: version }
        this.#policySentAt = -Infinity
        this.#tell({ kind: 'policy-acked', version })
        if (this.#policyDue) this.pushPolicy()
      },
      onRival: () => {
        if (!isCurrent()) return
        this.#change({ rival_at: Date.now() })
        this.#tell({ kind: 'rival' })
      },
      onReplaced: (reason) => {
        if (isCurrent()) this.#change({ state: 'leaving', last_error: reason })
      },
      onEnded: () => {
        this.#connections.delete(connection)
      },
      onFault: (place, error, requestId) => {
        const about = requestId === undefined ? {} : { requestId }
        this.#tell({ kind: 'error', place, error, ...about })
      },
    })
    this.#connections.add(connection)
    this.#current = connection
    const departure = await connection.departed
    if (connection.servedMs >= STEADY_MS) {
      this.#failures = 0
      this.#heldAt = performance.now()
    }
    this.#current = undefined
    return this.#isGhost(departure) ? { ...departure, kind: 'lost' } : departure
  }

  #greeted(generation: number): void {
    this.#replaced = false
    const { last_connected_at: before, reconnects } = this.#status
    this.#change({
      state: 'connected',
      generation,
      last_error: null,
      last_connected_at: Date.now(),
      reconnects: before === null ? 0 : reconnects + 1,
    })
    this.#tell({ kind: 'connected', generation })
    this.#policySentAt = -Infinity
    this.pushPolicy()
    // How long the way is, is known from the first moment on.
    this.#current?.session.ping()
  }

  /** Replaced, but perhaps by a try of our own that was given up and came in late: nobody to yield to. Believed once. */
  #isGhost({ kind }: Departure): boolean {
    if (kind !== 'replaced') return false
    const recent = performance.now() - this.#gaveUpAt < GHOST_MS
    this.#gaveUpAt = -Infinity
    return recent
  }

  #dialFailed(error: unknown): Departure {
    if (!(error instanceof DialError)) {
      this.#fault(error)
      return { kind: 'lost', reason: String(error) }
    }
    const kind = error.code === 'ANOTHER_DAEMON_CONNECTED' ? 'replaced' : error.kind
    return { kind, reason: error.message }
  }

  /** The world has changed: what is open must show that it lives, and what waits or dials begins anew. */
  #nudge(why: string): void {
    this.#failures = 0
    for (const connection of this.#connections) connection.probe(why)
    const idle = this.#status.state === 'connecting' || this.#status.state === 'waiting'
    // Another daemon's place is not ours because we have woken up.
    if (!idle || this.#yielding) return
    this.#nudged = true
    this.#step.abort(why)
  }

  #nextStep(): AbortSignal {
    this.#step = new AbortController()
    return this.#step.signal
  }

  #tell(event: TunnelEvent): void {
    this.#options.onEvent?.(event)
  }

  #fault(error: unknown): void {
    this.#tell({ kind: 'error', place: 'task', error })
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#fault(error)
    }
  }

  #change(next: Partial<TunnelStatus>): void {
    const same = next.state === this.#status.state
    this.#status = { ...this.#status, ...next, since: same ? this.#status.since : Date.now() }
  }
}

function parseOrigin(text: string): URL {
  const url = new URL(text)
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.pathname !== '/') {
    throw new TypeError(`parse gateway address: ${text} is not an https origin`)
  }
  return url
}
