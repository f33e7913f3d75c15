import { setTimeout as sleep } from 'node:timers/promises'
import { CLOSE } from '../../protocol/close-code.ts'
import type { DidKey } from '../../protocol/did-key.ts'
import { backoffMs, type LossKind } from './backoff.ts'
import { DialError } from './dial-error.ts'
import { dial } from './dial.ts'
import { Keepalive } from './keepalive.ts'
import type { TunnelApp } from './tunnel-app.ts'
import { TunnelSession } from './tunnel-session.ts'

export interface TunnelOptions {
  /** Public origin of the gateway, `https://home.example.com`. */
  readonly gatewayUrl: string
  /** PEM of an extra certificate authority, for a gateway with a certificate of its own. */
  readonly ca?: string
  readonly identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array }
  readonly app: TunnelApp
  readonly agent: string
  /** The edge policy of now (`encodeEdgePolicy`), asked for on each connect; undefined: there is none to send. */
  readonly policy?: () => Uint8Array | undefined
  readonly onEvent?: (event: TunnelEvent) => void
}

export type TunnelEvent =
  | { readonly kind: 'connected'; readonly generation: number }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly retryMs: number }
  /** The gateway keeps this version, durably, and decides by it. */
  | { readonly kind: 'policy-acked'; readonly version: number }
  | { readonly kind: 'clock-corrected'; readonly offsetMs: number }
  | { readonly kind: 'error'; readonly error: unknown }

export interface TunnelStatus {
  readonly state: 'connecting' | 'connected' | 'waiting' | 'stopped'
  readonly gateway_url: string
  readonly generation: number | null
  /** Version of the policy that the gateway has acknowledged on this connection. */
  readonly policy_version: number | null
  /** When the state last changed, milliseconds since 1970. */
  readonly since: number
  readonly last_error: string | null
  readonly open_streams: number
  /** Readers of event streams who have caught up; each group of them is sent one copy. */
  readonly subscribers: number
  readonly groups: number
}

const UNCONNECTED = { generation: null, policy_version: null } as const
/** How long open requests may take to finish when the daemon stops. */
const DRAIN_MS = 5_000
/** A connection that held this long counts as a success: the next loss starts the backoff anew. */
const STEADY_MS = 30_000

/**
 * Keeps one connection to the gateway for as long as the daemon lives: connects, serves, and after
 * every loss connects again, for ever. Never throws for anything that the network does.
 */
export class Tunnel implements AsyncDisposable {
  readonly #options: TunnelOptions
  readonly #gatewayUrl: URL
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #session: TunnelSession | undefined
  #stopped: Promise<void> | undefined
  #clockOffsetMs = 0
  #status: Omit<TunnelStatus, 'open_streams' | 'subscribers' | 'groups' | 'gateway_url'>

  /** @throws TypeError when the gateway's address is not an http or https origin */
  constructor(options: TunnelOptions) {
    this.#options = options
    this.#gatewayUrl = parseOrigin(options.gatewayUrl)
    this.#status = { state: 'connecting', ...UNCONNECTED, since: Date.now(), last_error: null }
    this.#running = this.#run()
  }

  get status(): TunnelStatus {
    return {
      ...this.#status,
      gateway_url: this.#gatewayUrl.origin,
      open_streams: this.#session?.open ?? 0,
      subscribers: this.#session?.subscribers.members ?? 0,
      groups: this.#session?.subscribers.groups ?? 0,
    }
  }

  /** Sends the policy of now. Without a connection nothing is lost: the next one begins with it. */
  pushPolicy(): void {
    if (this.#status.state !== 'connected') return
    try {
      const policy = this.#options.policy?.()
      if (policy !== undefined) this.#session?.sendPolicy(policy)
    } catch (error) {
      // The gateway goes on with the one it has, and home still decides everything itself.
      this.#options.onEvent?.({ kind: 'error', error })
    }
  }

  /** Takes no new requests, finishes the open ones (bounded), says goodbye. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#leave())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #leave(): Promise<void> {
    const session = this.#session
    session?.leave('the daemon is stopping')
    await session?.drained(DRAIN_MS)
    this.#stop.abort()
    // Not the one above: while that one drained it may have been lost, and another have come.
    this.#session?.close(CLOSE.GOING_AWAY, 'the daemon is stopping')
    await this.#running
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const startedAt = Date.now()
      const { kind, reason } = await this.#connectOnce()
      if (this.#stop.signal.aborted) break
      failures = Date.now() - startedAt >= STEADY_MS ? 1 : failures + 1
      const retryMs = backoffMs(kind, failures, Math.random())
      this.#change({ state: 'waiting', ...UNCONNECTED, last_error: reason })
      this.#options.onEvent?.({ kind: 'disconnected', reason, retryMs })
      await sleep(retryMs, undefined, { signal: this.#stop.signal }).catch(() => {})
    }
    this.#change({ state: 'stopped', ...UNCONNECTED })
  }

  /** One connection from dial to loss. */
  async #connectOnce(): Promise<{ kind: LossKind; reason: string }> {
    this.#change({ state: 'connecting', ...UNCONNECTED })
    try {
      const socket = await dial({
        gatewayUrl: this.#gatewayUrl,
        identity: this.#options.identity,
        now: () => Math.floor((Date.now() + this.#clockOffsetMs) / 1000),
        signal: this.#stop.signal,
        ...(this.#options.ca === undefined ? {} : { ca: this.#options.ca }),
      })
      return await this.#serve(socket)
    } catch (error) {
      return this.#dialFailed(error)
    }
  }

  #serve(socket: Awaited<ReturnType<typeof dial>>): Promise<{ kind: LossKind; reason: string }> {
    return new Promise((resolve) => {
      const session = new TunnelSession(socket, {
        app: this.#options.app,
        agent: this.#options.agent,
        onReady: (generation) => {
          this.#change({ state: 'connected', generation, last_error: null })
          this.#options.onEvent?.({ kind: 'connected', generation })
          this.pushPolicy()
        },
        onPolicyAcked: (version) => {
          this.#status = { ...this.#status, policy_version: version }
          this.#options.onEvent?.({ kind: 'policy-acked', version })
        },
        onGoAway: () => {},
        onError: (error) => this.#options.onEvent?.({ kind: 'error', error }),
      })
      this.#session = session
      const keepalive = new Keepalive(session)
      socket.once('close', (code, reason) => {
        keepalive.stop()
        this.#session = undefined
        const text = `closed with ${code}${reason.length > 0 ? `: ${reason.toString()}` : ''}`
        resolve({ kind: code === CLOSE.REPLACED ? 'replaced' : 'lost', reason: text })
      })
    })
  }

  #dialFailed(error: unknown): { kind: LossKind; reason: string } {
    if (!(error instanceof DialError)) {
      this.#options.onEvent?.({ kind: 'error', error })
      return { kind: 'lost', reason: String(error) }
    }
    if (error.code === 'CONNECT_PROOF_CLOCK' && error.edgeTimeMs !== undefined) {
      this.#clockOffsetMs = error.edgeTimeMs - Date.now()
      this.#options.onEvent?.({ kind: 'clock-corrected', offsetMs: this.#clockOffsetMs })
      return { kind: 'lost', reason: error.message }
    }
    return { kind: error.kind, reason: error.message }
  }

  #change(next: Partial<TunnelStatus>): void {
    this.#status = { ...this.#status, ...next, since: Date.now() }
  }
}

function parseOrigin(text: string): URL {
  const url = new URL(text)
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.pathname !== '/') {
    throw new TypeError(`parse gateway address: ${text} is not an https origin`)
  }
  return url
}
