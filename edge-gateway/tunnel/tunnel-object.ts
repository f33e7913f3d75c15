import { DurableObject } from 'cloudflare:workers'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import type { Env } from '../deployment/env.ts'
import { readSettings } from '../deployment/settings.ts'
import { refuse } from '../door/refusal.ts'
import { HOSTNAME_UNKNOWN } from '../door/refusals.ts'
import { DaemonAdmission } from './connection/admit-daemon.ts'
import { newestOf } from './connection/connection-attachment.ts'
import { Dispatch } from './dispatch.ts'
import type { GatewayState } from './gateway-metrics.ts'
import { DAEMON, HomeConnections } from './connection/home-connections.ts'
import { StoredValues } from './stored-values.ts'
import { ParkedRequests } from './parked-requests.ts'
import { PolicyBook } from './policy/policy-book.ts'
import { PolicyUpdates } from './policy/policy-updates.ts'
import { Presence } from './connection/presence.ts'
import { Subscribers } from './subscribers/subscribers.ts'
import { Tenure } from './tenure.ts'
import { TrafficCounts } from './traffic-counts.ts'
import { Watch } from './watch.ts'
import { WorkerAnswers } from './worker-answers.ts'

/** The object that holds the daemon's socket: what the platform calls. The relay path touches no storage. */
export class TunnelObject extends DurableObject<Env> {
  readonly #tenure: Tenure
  readonly #stored: StoredValues
  readonly #policy: PolicyBook
  readonly #presence: Presence
  readonly #parked = new ParkedRequests()
  readonly #subscribers: Subscribers
  readonly #counts: TrafficCounts
  readonly #watch: Watch
  readonly #updates: PolicyUpdates
  readonly #connections: HomeConnections
  readonly #dispatch: Dispatch
  readonly #answers: WorkerAnswers

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    // The daemon's ping is answered by the platform while the object sleeps.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    const settings = readSettings(env)
    const headTimeoutMs = typeof settings === 'string' ? 100_000 : settings.headTimeoutMs
    const tenure = new Tenure(ctx.storage)
    const stored = new StoredValues(ctx.storage, ctx.id.toString())
    const policy = new PolicyBook(stored)
    const presence = new Presence(stored)
    const counts = new TrafficCounts(newestOf(ctx.getWebSockets(DAEMON))?.counts, Date.now())
    const watch = new Watch(
      {
        look: () => this.#endOverdue(),
        settle: () => this.#settle(),
        after: () => this.#keepCounts(),
      },
      counts,
    )
    const subscribers = new Subscribers(ctx, (member) => {
      this.#connections.leave(member)
      watch.keep()
    })
    const connections = new HomeConnections({
      ctx,
      presence,
      subscribers,
      counts,
      onPolicy: (connection, told) => this.#updates.take({ connection, policy: told }, Date.now()),
    })
    const parked = this.#parked
    const shared = { tenure, presence, connections, subscribers, watch }
    this.#tenure = tenure
    this.#stored = stored
    this.#policy = policy
    this.#presence = presence
    this.#counts = counts
    this.#watch = watch
    this.#subscribers = subscribers
    this.#connections = connections
    this.#updates = new PolicyUpdates({ ...shared, book: policy })
    this.#dispatch = new Dispatch({ ...shared, policy, parked, counts, headTimeoutMs })
    this.#answers = new WorkerAnswers({
      storage: ctx.storage,
      tenure,
      dispatch: this.#dispatch,
      admission: new DaemonAdmission(tenure, connections, watch),
      state: () => this.#stateNow(),
    })
  }

  override fetch(request: Request): MaybePromise<Response> {
    this.#stored.flush()
    const answer = this.#answers.answer(request)
    this.#keepCounts()
    return answer
  }

  /** For the registry: whether home is connected, and has greeted. */
  isConnected(): boolean {
    return this.#connections.current?.ready === true
  }

  /**
   * For the registry, which has taken the hostname back: ends what is open, and refuses whatever comes from now on,
   * also while Workers still believe that the name is the owner's. May be called again.
   */
  endForGood(): void {
    this.#tenure.end()
    this.#connections.endAll()
    this.#parked.answerAll((asked) => refuse(HOSTNAME_UNKNOWN, asked))
    // Those who wait for home ask again, and are told.
    this.#subscribers.waiting.wake()
    this.#policy.forget()
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const connection = this.#connections.of(socket)
    if (connection === undefined) {
      this.#counts.called('subscriber_ack')
      this.#subscribers.receive(socket, message)
      // It may have been the last that was waited for.
      if (this.#watch.running) this.#watch.keep()
      return this.#keepCounts()
    }
    this.#counts.called('daemon_message')
    const { ready } = connection
    if (typeof message === 'string') {
      return connection.end('broken', CLOSE.PROTOCOL_ERROR, 'text messages are only ping')
    }
    connection.receive(new Uint8Array(message))
    // The whole message first: a policy that came with the greeting holds for those who waited.
    if (this.#parked.size > 0) this.#dispatch.serveParked()
    if (!ready && connection.ready) this.#subscribers.waiting.wake()
    this.#watch.keep()
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#lose(socket)
    try {
      // Without this the daemon would see 1006.
      socket.close(code === 1005 || code === 1006 ? CLOSE.NORMAL : code, reason)
    } catch {
      // Closed already.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.#lose(socket)
    try {
      // An oversized message is reported here and does not close the socket by itself.
      socket.close(CLOSE.PROTOCOL_ERROR, 'the message could not be read')
    } catch {
      // Closed already.
    }
  }

  #lose(socket: WebSocket): void {
    const daemon = this.ctx.getTags(socket).includes(DAEMON)
    this.#counts.called(daemon ? 'daemon_close' : 'subscriber_close')
    if (this.#connections.of(socket) !== undefined) this.#connections.drop(socket)
    else if (this.#subscribers.gone(socket)) this.#watch.keep()
    this.#keepCounts()
  }

  #stateNow(): GatewayState {
    return {
      connected: this.isConnected(),
      generation: this.#presence.generation ?? 0,
      subscribers: this.#subscribers.size,
      groups: this.#subscribers.groups,
      openStreams: this.#connections.openStreams,
      parked: this.#parked.size,
    }
  }

  #endOverdue(): void {
    const now = Date.now()
    this.#parked.expire(now)
    this.#dispatch.endOverdue(now)
    this.#updates.endDisowned(now)
    this.#connections.endOverdue(now)
  }

  /** Returns whether anything must be looked at later. */
  #settle(): boolean {
    const { anyDue } = this.#dispatch
    return this.#connections.settle() || anyDue || this.#parked.size > 0 || this.#updates.anyDue
  }

  /**
   * Puts what was counted where a sleep does not lose it. While the watch runs there is no sleep, and its end is
   * time enough; without home's socket there is no place for it.
   */
  #keepCounts(): void {
    if (this.#watch.running || !this.#counts.unsaved) return
    if (this.#connections.current?.saveForSleep() === true) this.#counts.saved()
  }
}
