import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import { detach } from '../../protocol/detach.ts'
import { Connections } from './connections.ts'
import { dial } from './dial/dial.ts'
import { DialError, lossOf } from './dial/dial-error.ts'
import { parseOrigin } from './dial/parse-origin.ts'
import type { FaultPlace } from '../process/fault-book.ts'
import { begin } from './states/begin.ts'
import type { Effect } from './states/effects.ts'
import type { Happening, LinkEvent, Moment } from './states/events.ts'
import { next } from './states/next.ts'
import type { State } from './states/state.ts'
import { localAddresses, watchSurroundings } from './surroundings.ts'
import type { TunnelOptions } from './tunnel-options.ts'
import type { TunnelStatus } from './tunnel-status.ts'

export type { TunnelEvent } from './tunnel-event.ts'
export type { TunnelOptions } from './tunnel-options.ts'

/**
 * Keeps one connection to the gateway for as long as the daemon lives: connects, serves, and after
 * every loss connects again, for ever. Never throws for anything that the network does.
 *
 * The sockets and the timer of it. What is done when is decided in states/ (docs/tunnel-states.md): events go to
 * `next`, and the effects that come back are run here.
 */
export class Tunnel implements AsyncDisposable {
  readonly #options: TunnelOptions
  readonly #gatewayUrl: URL
  readonly #process = randomUUID()
  readonly #connections: Connections
  readonly #unwatch: () => void
  readonly #finished = Promise.withResolvers<void>()
  readonly #queue: LinkEvent[] = []
  #busy = false
  #state: State
  #dialing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #clockOffsetMs = 0

  /** @throws TypeError when the gateway's address is not an http or https origin */
  constructor(options: TunnelOptions) {
    this.#options = options
    this.#gatewayUrl = parseOrigin(options.gatewayUrl)
    this.#connections = new Connections({
      app: options.app,
      agent: options.agent,
      meter: options.meter,
      process: this.#process,
      onHappening: (happening) => this.#feed(happening),
      onFault: (place, error, requestId) => this.#fault(error, place, requestId),
    })
    this.#unwatch = watchSurroundings(
      {
        tick: () => this.#feed({ kind: 'tick', idle: this.#connections.tick() }),
        clockJumped: (jumpMs) => this.#feed({ kind: 'clock jumped', jumpMs }),
        networkChanged: () => this.#feed({ kind: 'network changed' }),
      },
      { now: options.now ?? Date.now, addresses: options.addresses ?? localAddresses },
    )
    const { state, effects } = begin(this.#moment())
    this.#state = state
    this.#runAll(effects)
  }

  get status(): TunnelStatus {
    return {
      ...this.#state.status,
      gateway_url: this.#gatewayUrl.origin,
      clock_offset_ms: this.#clockOffsetMs,
      ...this.#connections.counts,
    }
  }

  /** Sends the policy of now. Without a connection nothing is lost: the next one begins with it. */
  pushPolicy(): void {
    this.#feed({ kind: 'policy changed' })
  }

  /** Takes no new requests, finishes the open ones (bounded), says goodbye. */
  stop(): Promise<void> {
    this.#feed({ kind: 'stop', reason: 'the daemon is stopping' })
    return this.#finished.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** One event after the other: what an effect brings about is decided when all effects before it are done. */
  #feed(happening: Happening): void {
    this.#queue.push({ ...happening, ...this.#moment() })
    if (this.#busy) return
    this.#busy = true
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
        const { state, effects } = next(this.#state, event)
        this.#state = state
        this.#runAll(effects)
      }
    } finally {
      this.#busy = false
    }
  }

  #moment(): Moment {
    const chance = (this.#options.random ?? Math.random)()
    return { at: performance.now(), wall: Date.now(), chance }
  }

  #runAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      try {
        this.#run(effect)
      } catch (error) {
        this.#fault(error)
      }
    }
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'dial':
        return detach(this.#dial(effect.yields), (error) => this.#fault(error))
      case 'abandon dial':
        return this.#dialing.abort(effect.why)
      case 'open':
        return this.#connections.open(effect.connection, effect.open)
      case 'drop':
        return this.#connections.get(effect.connection)?.drop(effect.reason)
      case 'close':
        return this.#connections.get(effect.connection)?.close(effect.reason)
      case 'drain':
        return this.#connections.get(effect.connection)?.drain(effect.ms, effect.reason)
      case 'probe':
        return this.#connections.probe(effect.why)
      case 'ping':
        return this.#connections.get(effect.connection)?.session.ping()
      case 'send policy':
        return this.#sendPolicy(effect.connection)
      case 'set timer':
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#feed({ kind: 'time is up' }), effect.ms)
        return
      case 'clear timer':
        return clearTimeout(this.#timer)
      case 'report':
        return this.#options.onEvent?.(effect.event)
      case 'stop watching':
        return this.#unwatch()
      case 'finish':
        return this.#finished.resolve()
    }
  }

  async #dial(yields: boolean): Promise<void> {
    const { signal } = (this.#dialing = new AbortController())
    try {
      const socket = await this.#connect(yields, signal)
      if (!signal.aborted) {
        return this.#feed({ kind: 'dialed', connection: this.#connections.accept(socket) })
      }
      // Abandoned in between: the socket is nobody's yet.
      socket.terminate()
    } catch (error) {
      if (!signal.aborted) {
        if (!(error instanceof DialError)) this.#fault(error)
        return this.#feed({ kind: 'dial failed', ...lossOf(error) })
      }
    }
    this.#feed({ kind: 'dial given up', why: String(signal.reason) })
  }

  async #connect(yields: boolean, signal: AbortSignal): Promise<WebSocket> {
    const { ca, identity, lookup } = this.#options
    return dial({
      gatewayUrl: this.#gatewayUrl,
      identity,
      yields: yields ? this.#process : undefined,
      onClock: (offsetMs) => (this.#clockOffsetMs = offsetMs),
      signal,
      ...(lookup === undefined ? {} : { lookup }),
      ...(ca === undefined ? {} : { ca: ca() }),
    })
  }

  /** The gateway goes on with the policy that it has if this one fails, and home still decides everything itself. */
  #sendPolicy(id: number): void {
    const policy = this.#options.policy?.()
    if (policy !== undefined) this.#connections.get(id)?.session.sendPolicy(policy)
  }

  #fault(error: unknown, place: FaultPlace = 'task', requestId?: string): void {
    const about = requestId === undefined ? {} : { requestId }
    this.#options.onEvent?.({ kind: 'error', place, error, ...about })
  }
}
