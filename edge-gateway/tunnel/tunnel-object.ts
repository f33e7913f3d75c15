import { DurableObject } from 'cloudflare:workers'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import type { EdgePolicy } from '../../protocol/tunnel/edge-policy.ts'
import type { Hello } from '../../protocol/tunnel/hello.ts'
import { HeadError } from '../../protocol/tunnel/heads.ts'
import { exposition, EXPOSITION_TYPE } from '../../protocol/http/exposition.ts'
import { GATEWAY_HEADERS } from '../../protocol/http/gateway-headers.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL } from '../../protocol/tunnel/version.ts'
import { ChallengeBook } from '../door/challenge-book.ts'
import { withoutPlace } from './without-place.ts'
import type { Env } from '../deployment/env.ts'
import { CHALLENGE_REFUSALS, HOSTNAME_UNKNOWN } from '../door/refusals.ts'
import { lingerUnread } from '../door/linger.ts'
import { type Rate, RateBuckets } from '../door/rate-buckets.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import { readSettings } from '../deployment/settings.ts'
import { ClientQueues } from './client-queues.ts'
import { EventExchange } from './event-exchange.ts'
import type { Exchange, ExchangeStream } from './exchange.ts'
import { gatewayMetrics } from './gateway-metrics.ts'
import { HttpExchange } from './http-exchange.ts'
import { AskedRequest } from './asked-request.ts'
import {
  CHALLENGE_URL,
  CONNECT_HEADER,
  CORS_URL,
  HEAD_HEADER,
  type Knock,
  ORIGINS_URL,
  readRelayUrl,
  type Relayed,
  type RelayedKind,
  ROOM_URL,
} from '../internal/relayed.ts'
import { KeptValues } from './kept-values.ts'
import { logFault } from '../deployment/log-fault.ts'
import { MessageMemory } from './message-memory.ts'
import { ParkedRequests } from './parked-requests.ts'
import { PolicyBook } from './policy-book.ts'
import { PolicyPace } from './policy-pace.ts'
import { Presence } from './presence.ts'
import {
  ANOTHER_DAEMON,
  BUSY,
  HEAD_TOO_LARGE,
  OFFLINE,
  TOO_MANY_CANCELS,
  TOO_MANY_CONNECTS,
} from './refusals.ts'
import { type MemberOf, Subscribers } from './subscribers.ts'
import { type Cause, TrafficCounts } from './traffic-counts.ts'
import {
  REVOKED_GRACE_MS,
  TunnelConnection,
  type ConnectionAttachment,
} from './tunnel-connection.ts'
import { WebSocketExchange } from './websocket-exchange.ts'

/** While anything must be watched, how often. A pending timer keeps the object awake, so: only then. */
const WATCH_MS = 1_000
/** A replaced connection that says nothing for so long is dead (streams have heartbeats every 15 s). */
const RETIRED_SILENCE_MS = 20_000
/** No replaced connection is older than this. */
const RETIRED_MAX_MS = 30 * 60_000
/** Connections of one home: each costs a signature, and writes to storage. */
const CONNECTS: Rate = { perSecond: 1, burst: 120 }
/** Tag of the sockets that daemons have. */
const DAEMON = 'daemon'
/** More than a policy has, so that what fails for want of room does not go on for want of a little less. */
const ROOM_BYTES = 512 * 1024
/** Storage key: this object is over for good. */
const ENDED = 'ended'

/** The object that holds the daemon's socket. The relay path touches no storage. */
export class TunnelObject extends DurableObject<Env> {
  readonly #connections = new Map<WebSocket, TunnelConnection>()
  readonly #headTimeoutMs: number
  readonly #challenges = new ChallengeBook()
  readonly #queues = new ClientQueues()
  readonly #connects = new RateBuckets(1)
  readonly #pace = new PolicyPace<{
    readonly connection: TunnelConnection
    readonly policy: EdgePolicy
  }>(({ connection, policy }) => this.#keepPolicy(connection, policy))
  readonly #memory = new MessageMemory()
  readonly #kept: KeptValues
  readonly #policy: PolicyBook
  readonly #presence: Presence
  readonly #parked = new ParkedRequests()
  readonly #subscribers: Subscribers
  readonly #counts: TrafficCounts
  #current: TunnelConnection | undefined
  /** Its owner's hostname was taken back. */
  #ended: boolean
  /** When members are ended whom home has not ended itself, milliseconds since 1970. */
  #disownAt = Infinity
  #watch: ReturnType<typeof setTimeout> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const settings = readSettings(env)
    this.#headTimeoutMs = typeof settings === 'string' ? 100_000 : settings.headTimeoutMs
    this.#ended = ctx.storage.kv.get<boolean>(ENDED) === true
    this.#kept = new KeptValues(ctx.storage, ctx.id.toString())
    this.#policy = new PolicyBook(this.#kept)
    this.#presence = new Presence(this.#kept)
    this.#subscribers = new Subscribers(ctx, (member) => this.#memberLeft(member))
    // The daemon's ping is answered by the platform while the object sleeps.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    const sockets = ctx.getWebSockets(DAEMON)
    this.#counts = new TrafficCounts(newest(sockets)?.counts, Date.now())
    for (const socket of sockets) this.#adopt(socket)
  }

  override fetch(request: Request): Promise<Response> | Response {
    this.#kept.flush()
    const answer = this.#answer(request)
    this.#keepCounts()
    return answer
  }

  /** For the registry: whether home is connected, and has greeted. */
  isConnected(): boolean {
    return this.#current?.ready === true
  }

  /**
   * For the registry, which has taken the hostname back: ends what is open, and refuses whatever comes from now on,
   * also while Workers still believe that the name is the owner's. May be called again.
   */
  endForGood(): void {
    this.#ended = true
    this.ctx.storage.kv.put(ENDED, true)
    for (const [socket, connection] of this.#connections) {
      // Told first: dropped it would be silent.
      connection.close(CLOSE.POLICY, 'this hostname was taken back')
      this.#drop(socket)
    }
    this.#parked.serve((asked) => refuse(HOSTNAME_UNKNOWN, asked))
    // Those who wait for home ask again, and are told.
    this.#subscribers.wake()
    this.#policy.forget()
  }

  #answer(request: Request): Promise<Response> | Response {
    if (request.url === ROOM_URL) {
      // Fails, and this object with it, where there is no room: it is nobody's.
      this.ctx.storage.kv.put('room', new Uint8Array(ROOM_BYTES))
      return new Response(null, { status: 204 })
    }
    const relayed = readRelayUrl(request.url)
    if (this.#ended) return this.#refuseForGood(request, relayed)
    if (relayed !== undefined) {
      this.#counts.called(causeOf(relayed.kind))
      return relayed.kind === 'metrics'
        ? this.#measure(request, relayed)
        : this.#relay(request, relayed)
    }
    if (request.url === CORS_URL) {
      this.#counts.called('cors')
      return this.#answerCors(request)
    }
    if (request.url === ORIGINS_URL) {
      this.#counts.called('cors')
      return Response.json(this.#policy.origins)
    }
    if (request.url === CHALLENGE_URL) {
      this.#counts.called('challenge')
      return this.#giveChallenge()
    }
    const proof = request.headers.get(CONNECT_HEADER)
    if (proof === null) return new Response(null, { status: 404 })
    this.#counts.called('connect')
    return this.#connect(JSON.parse(proof) as Knock)
  }

  #refuseForGood(request: Request, relayed: Relayed | undefined): Response {
    if (request.url === CORS_URL) return new Response(null, { status: 403 })
    if (request.url === ORIGINS_URL) return Response.json([])
    return refuse(HOSTNAME_UNKNOWN, { requestId: relayed?.requestId ?? crypto.randomUUID() })
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) {
      this.#counts.called('subscriber_ack')
      this.#subscribers.receive(socket, message)
      return this.#keepCounts()
    }
    this.#counts.called('daemon_message')
    const { ready } = connection
    if (typeof message === 'string') {
      connection.close(CLOSE.PROTOCOL_ERROR, 'text messages are only ping')
      return
    }
    connection.receive(new Uint8Array(message))
    // The whole message first: a policy that came with the greeting holds for those who waited.
    if (this.#parked.size > 0) this.#serveParked()
    if (!ready && connection.ready) this.#subscribers.wake()
    this.#keepWatch()
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
    if (this.#connections.has(socket)) this.#drop(socket)
    else if (this.#subscribers.gone(socket)) this.#keepWatch()
    this.#keepCounts()
  }

  #relay(request: Request, relayed: Relayed): Promise<Response> | Response {
    const answer = this.#admit(request, relayed)
    return relayed.kind === 'body' ? lingerUnread(answer, request) : answer
  }

  #admit(request: Request, relayed: Relayed): Promise<Response> | Response {
    const now = Date.now()
    const asked = this.#asked(request, relayed)
    const refusal =
      relayed.kind === 'resume'
        ? this.#policy.refusalOfHeld(relayed, now)
        : this.#policy.refusal(relayed, now)
    if (refusal !== undefined) return this.#refuse(refusal, asked)
    const connection = this.#heard(now)
    if (connection?.ready === true) return this.#send(asked, connection, now)
    if (relayed.kind === 'resume') return this.#wait(asked)
    if (relayed.kind === 'feed') return this.#refuse(OFFLINE, asked)
    return this.#park(asked, now) ?? refuse(OFFLINE, asked)
  }

  /** A feed that would be refused for a reason that passes gets a place to wait in: its client may never ask again. */
  #refuse(refusal: Refusal, asked: AskedRequest): Response {
    if (asked.relayed.kind !== 'feed' || refusal.passing !== true) return refuse(refusal, asked)
    const { holder } = asked
    if (this.#subscribers.full(holder)) return withoutPlace(refuse(refusal, asked))
    // Who waits for home is told of its return; for anything else it is asked again.
    const againMs = refusal === OFFLINE ? 0 : 1000 * (refusal.retryAfter ?? 1)
    const headers = { ...asked.cors(), [GATEWAY_HEADERS.requestId]: asked.requestId }
    return this.#subscribers.wait(holder.key, againMs, headers)
  }

  /** A stream that was let in before has a place as any other. */
  #wait(asked: AskedRequest): Response {
    const { holder } = asked
    return this.#subscribers.full(holder) ? refuse(BUSY, asked) : this.#subscribers.wait(holder.key)
  }

  #asked(request: Request, relayed: Relayed): AskedRequest {
    // Only passed on: what it says was checked in the Worker, and parsing it here would be a second time.
    const head = request.headers.get(HEAD_HEADER) ?? ''
    return new AskedRequest(request, relayed, head, this.#policy, this.#counts, this.#sendAgain)
  }

  /** Prometheus asks, also while home is away: the bearer is decided here, by home's last word. */
  #measure(request: Request, relayed: Relayed): Response {
    const asked = this.#asked(request, relayed)
    const refusal = this.#policy.refusalHere(relayed, Date.now())
    if (refusal !== undefined) return refuse(refusal, asked)
    const state = {
      connected: this.#current?.ready === true,
      generation: this.#presence.generation ?? 0,
      subscribers: this.#subscribers.size,
      groups: this.#subscribers.groups,
      openStreams: [...this.#connections.values()].reduce((sum, one) => sum + one.openStreams, 0),
      parked: this.#parked.size,
    }
    return new Response(exposition(gatewayMetrics(this.#counts, state)), {
      headers: {
        'content-type': EXPOSITION_TYPE,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        [GATEWAY_HEADERS.requestId]: relayed.requestId,
        ...asked.cors(),
      },
    })
  }

  #send(
    asked: AskedRequest,
    connection: TunnelConnection,
    now: number,
  ): Promise<Response> | Response {
    const { head, relayed, holder } = asked
    const refusal = connection.refusal(now, holder)
    if (refusal === 'too-many-cancels') return this.#refuse(TOO_MANY_CANCELS, asked)
    if (refusal !== undefined) return this.#refuse(BUSY, asked)
    this.#keepWatch()
    const { kind, tokenId } = relayed
    const end = kind !== 'websocket' && !asked.hasBody
    if (isEvents(kind) && this.#subscribers.full(holder)) return refuse(BUSY, asked)
    try {
      let response!: Promise<Response>
      const signal = () => asked.signal
      connection.open(
        head,
        tokenId,
        end,
        { at: now + this.#headTimeoutMs, afterMs: this.#headTimeoutMs },
        (stream) => {
          const exchange = this.#exchange(stream, asked, signal)
          response = exchange.response
          return exchange
        },
        holder,
      )
      return response
    } catch (error) {
      if (!(error instanceof HeadError)) throw error
      return refuse(HEAD_TOO_LARGE, asked)
    }
  }

  #exchange(
    stream: ExchangeStream,
    asked: AskedRequest,
    signal: () => AbortSignal,
  ): Exchange & { readonly response: Promise<Response> } {
    const { kind, tokenId } = asked.relayed
    if (kind === 'websocket') {
      return new WebSocketExchange(
        stream,
        asked,
        signal,
        this.#queues.share(asked.holder),
        this.#memory,
      )
    }
    if (!isEvents(kind)) {
      return new HttpExchange(stream, asked, asked.upload, signal, this.#memory)
    }
    const { holder } = asked
    return new EventExchange(
      stream,
      asked,
      tokenId,
      holder,
      signal,
      this.#memory,
      this.#subscribers,
    )
  }

  #memberLeft({ generation, ...membership }: MemberOf): void {
    for (const connection of this.#connections.values()) {
      if (connection.generation === generation) connection.leave(membership)
    }
    this.#keepWatch()
  }

  /** Holds a request until home is back; undefined if that is not to be expected, or too many wait. */
  #park(asked: AskedRequest, now: number): Promise<Response> | undefined {
    if (this.#ended) return undefined
    const connection = this.#current
    // One that is here and not leaving is about to greet.
    const away = connection === undefined || connection.leaving
    if (away && !this.#presence.expected(now)) return undefined
    const answer = this.#parked.add(asked, now)
    if (answer === undefined) return undefined
    this.#counts.add('parked')
    this.#keepWatch()
    return answer
  }

  #serveParked(): void {
    const connection = this.#current
    if (connection?.ready !== true) return
    const now = Date.now()
    this.#parked.serve((asked) => this.#sendHeld(asked, connection, now))
  }

  /** The newest connection, unless home has said nothing for so long that it must be gone. */
  #heard(now: number): TunnelConnection | undefined {
    const connection = this.#current
    if (connection === undefined || now - connection.heardAt <= LIMITS.silenceMs) return connection
    for (const [socket, one] of this.#connections) this.#dropSilent(socket, one, now)
    return this.#current
  }

  /** Its pings are answered without this object; when the last one came, the platform knows. */
  #dropSilent(socket: WebSocket, connection: TunnelConnection, now: number): void {
    if (now - connection.heardAt <= LIMITS.silenceMs) return
    const pinged = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
    connection.heardAt = Math.max(connection.heardAt, pinged)
    if (now - connection.heardAt <= LIMITS.silenceMs) return
    const seconds = LIMITS.silenceMs / 1000
    connection.close(CLOSE.GOING_AWAY, `nothing was heard for ${seconds} s`)
    this.#drop(socket)
  }

  /** A safe request whose connection was lost before its answer began. */
  readonly #sendAgain = (asked: AskedRequest): Promise<Response> | Response | undefined => {
    const connection = this.#current
    const now = Date.now()
    if (connection?.ready === true) return this.#sendHeld(asked, connection, now)
    if (asked.relayed.kind === 'feed') return this.#refuse(OFFLINE, asked)
    return this.#park(asked, now)
  }

  /** Its token may have been revoked since it came. */
  #sendHeld(
    asked: AskedRequest,
    connection: TunnelConnection,
    now: number,
  ): Promise<Response> | Response {
    const refusal = this.#policy.refusalOfHeld(asked.relayed, now)
    return refusal === undefined ? this.#send(asked, connection, now) : refuse(refusal, asked)
  }

  /** For the Worker, which has no policy: the decision's headers; 204, or 403 for a preflight that is denied. */
  #answerCors(request: Request): Response {
    const decision = this.#policy.cors(request)
    const denied = decision.kind === 'preflight' && !decision.allowed
    return new Response(null, { status: denied ? 403 : 204, headers: decision.headers })
  }

  /** Whatever is said of the time here, nobody signs by it: it tells home how far its own clock is off. */
  async #giveChallenge(): Promise<Response> {
    const now = Date.now()
    const challenge = await this.#challenges.give(Math.floor(now / 1000))
    return Response.json(
      { object: 'connect_challenge', challenge, protocol: SUBPROTOCOL, edge_time: now },
      { headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
    )
  }

  async #connect({ challenge, yields }: Knock): Promise<Response> {
    const now = Math.floor(Date.now() / 1000)
    const fault =
      (await this.#challenges.fault(challenge, now)) ?? this.#challenges.use(challenge, now)
    // From here on nothing is awaited: of two copies one only comes so far.
    if (this.#ended) return refuse(HOSTNAME_UNKNOWN, { requestId: crypto.randomUUID() })
    if (fault !== undefined) {
      return refuse(CHALLENGE_REFUSALS[fault], { requestId: crypto.randomUUID() })
    }
    if (this.#connects.take('home', CONNECTS, Date.now()) > 0) {
      return refuse(TOO_MANY_CONNECTS, { requestId: crypto.randomUUID() })
    }
    const current = yields === undefined ? undefined : this.#heard(Date.now())
    if (yields !== undefined && current?.ready === true && current.isOfAnother(yields)) {
      current.tellRival()
      return refuse(ANOTHER_DAEMON, { requestId: crypto.randomUUID() })
    }
    const generation = this.#presence.arrive()
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, [DAEMON])
    const counts = this.#counts.snapshot()
    const attachment: ConnectionAttachment = { generation, connectedAt: Date.now(), counts }
    server.serializeAttachment(attachment)
    // Newest wins at once, and waits for nothing: the old one may be dead without knowing it.
    for (const old of this.#connections.values()) old.retire()
    this.#adopt(server)
    this.#endOldest()
    this.#keepWatch()
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'sec-websocket-protocol': SUBPROTOCOL },
    })
  }

  #adopt(socket: WebSocket): void {
    const attachment = socket.deserializeAttachment() as ConnectionAttachment
    const connection: TunnelConnection = new TunnelConnection(
      socket,
      attachment,
      (policy) => this.#pace.take({ connection, policy }, Date.now()),
      this.#subscribers,
      (hello) => this.#dropDead(connection, hello),
      this.#counts,
    )
    this.#connections.set(socket, connection)
    const newest = this.#current?.generation ?? 0
    if (connection.generation > newest) this.#current = connection
  }

  /** Home has no more connections either. Once the newest is adopted: what was under way goes to it. */
  #endOldest(): void {
    const newestFirst = [...this.#connections].toSorted(
      ([, one], [, other]) => other.generation - one.generation,
    )
    for (const [socket, connection] of newestFirst.slice(LIMITS.homeConnections)) {
      this.#endReplaced(socket, connection)
    }
  }

  /** Links that are dead at home must not keep their requests and subscribers waiting here. */
  #dropDead(greeting: TunnelConnection, hello: Hello): void {
    if (greeting.generation !== this.#presence.generation) return
    for (const [socket, connection] of this.#connections) {
      if (connection === greeting || !connection.isDeadFor(hello)) continue
      this.#endReplaced(socket, connection)
    }
  }

  #keepPolicy(connection: TunnelConnection, policy: EdgePolicy): void {
    // The last generation that was let in, not the one that serves: a replaced one never comes back into power.
    if (this.#ended || connection.generation !== this.#presence.generation) return
    const now = Date.now()
    if (!this.#policy.keep(policy, now)) return
    // Held back by the output gate until the policy is on disk.
    connection.ackPolicy(policy.version)
    for (const open of this.#connections.values()) {
      open.revoke((tokenId) => this.#policy.disowns(tokenId, now), now)
    }
    if (this.#subscribers.size === 0) return
    // Home has a last word for each of them, which may come behind the policy.
    this.#disownAt = now + REVOKED_GRACE_MS
    this.#keepWatch()
  }

  #drop(socket: WebSocket): void {
    const connection = this.#connections.get(socket)
    this.#connections.delete(socket)
    connection?.lost()
    if (connection !== undefined) this.#subscribers.lost(connection.generation)
    // Compared, not assumed: an old socket's late end must not take the new connection down.
    if (this.#current === connection) this.#current = undefined
    if (this.#current === undefined) this.#presence.leave(Date.now())
  }

  #keepWatch(): void {
    this.#watch ??= setTimeout(() => this.#look(), WATCH_MS)
  }

  /** Whatever fails in it, it is done again as long as anything must be watched. */
  #look(): void {
    this.#watch = undefined
    this.#counts.add('watchTicks')
    try {
      if (this.#lookAtAll()) this.#keepWatch()
    } catch (error) {
      this.#counts.add('faults')
      logFault('watch', error)
      this.#keepWatch()
    }
    this.#keepCounts()
  }

  /** Returns whether anything must be looked at again. */
  #lookAtAll(): boolean {
    const now = Date.now()
    this.#parked.expire(now)
    if (now >= this.#disownAt) {
      this.#disownAt = Infinity
      this.#subscribers.disown((tokenId) => this.#policy.disowns(tokenId, now))
    }
    let more = false
    for (const [socket, connection] of this.#connections) {
      connection.look(now)
      this.#dropSilent(socket, connection, now)
      if (connection !== this.#current) this.#closeRetired(socket, connection, now)
      if (connection.unsaved) connection.save()
      more ||= connection.mustLook || connection.unsaved || connection !== this.#current
    }
    return more || this.#parked.size > 0 || this.#disownAt !== Infinity
  }

  /**
   * Puts what was counted where a sleep does not lose it. While the watch runs there is no sleep, and its end is
   * time enough; without home's socket there is no place for it.
   */
  #keepCounts(): void {
    if (this.#watch !== undefined || !this.#counts.unsaved) return
    if (this.#current?.save() === true) this.#counts.saved()
  }

  #closeRetired(socket: WebSocket, connection: TunnelConnection, now: number): void {
    const silent = now - connection.heardAt > RETIRED_SILENCE_MS
    const old = now - connection.connectedAt > RETIRED_MAX_MS
    if (connection.openStreams > 0 && !silent && !old) return
    this.#endReplaced(socket, connection)
  }

  #endReplaced(socket: WebSocket, connection: TunnelConnection): void {
    this.#drop(socket)
    connection.close(CLOSE.REPLACED, 'replaced by a newer connection')
  }
}

function isEvents(kind: RelayedKind): boolean {
  return kind === 'events' || kind === 'feed' || kind === 'resume'
}

function causeOf(kind: RelayedKind): Cause {
  if (kind === 'feed') return 'events'
  return kind === 'bare' || kind === 'head' || kind === 'body' ? 'plain' : kind
}

/** What is kept on the newest of home's sockets: only there it is up to date. */
function newest(sockets: readonly WebSocket[]): ConnectionAttachment | undefined {
  return sockets
    .map((socket) => socket.deserializeAttachment() as ConnectionAttachment)
    .reduce<ConnectionAttachment | undefined>(
      (one, other) => (one === undefined || other.generation > one.generation ? other : one),
      undefined,
    )
}
