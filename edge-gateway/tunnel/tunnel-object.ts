import { DurableObject } from 'cloudflare:workers'
import { CLOSE } from '../../protocol/close-code.ts'
import type { VerifiedProof } from '../../protocol/connect-proof.ts'
import type { EdgePolicy } from '../../protocol/edge-policy.ts'
import { HeadError } from '../../protocol/heads.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL } from '../../protocol/version.ts'
import type { Env } from '../env.ts'
import { problemResponse } from '../problem-response.ts'
import { refuse, type Refusal } from '../refusal.ts'
import { readSettings } from '../settings.ts'
import { CancelBook } from './cancel-book.ts'
import { ClientQueues } from './client-queues.ts'
import { HttpExchange } from './http-exchange.ts'
import { AskedRequest } from './asked-request.ts'
import { CONNECT_HEADER, CORS_URL, HEAD_HEADER, readRelayUrl, type Relayed } from './internal.ts'
import { MessageMemory } from './message-memory.ts'
import { NonceBook } from './nonce-book.ts'
import { PolicyBook } from './policy-book.ts'
import { TunnelConnection, type ConnectionAttachment } from './tunnel-connection.ts'
import { WebSocketExchange } from './websocket-exchange.ts'

/** While anything must be watched, how often. A pending timer keeps the object awake, so: only then. */
const WATCH_MS = 1_000
/** A replaced connection that says nothing for so long is dead (streams have heartbeats every 15 s). */
const RETIRED_SILENCE_MS = 20_000
/** No replaced connection is older than this. */
const RETIRED_MAX_MS = 30 * 60_000

/** Storage key of the number of the newest connection. */
const GENERATION = 'generation'

/** The object that holds the daemon's socket. The relay path touches no storage. */
export class TunnelObject extends DurableObject<Env> {
  readonly #connections = new Map<WebSocket, TunnelConnection>()
  readonly #headTimeoutMs: number
  readonly #cancels = new CancelBook()
  readonly #queues = new ClientQueues()
  readonly #memory = new MessageMemory()
  readonly #policy: PolicyBook
  #current: TunnelConnection | undefined
  #watch: ReturnType<typeof setTimeout> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const settings = readSettings(env)
    this.#headTimeoutMs = typeof settings === 'string' ? 100_000 : settings.headTimeoutMs
    this.#policy = new PolicyBook(ctx.storage)
    // The daemon's ping is answered by the platform while the object sleeps.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    for (const socket of ctx.getWebSockets()) this.#adopt(socket)
  }

  override fetch(request: Request): Promise<Response> | Response {
    const relayed = readRelayUrl(request.url)
    if (relayed !== undefined) return this.#relay(request, relayed)
    if (request.url === CORS_URL) return this.#answerCors(request)
    const proof = request.headers.get(CONNECT_HEADER)
    if (proof !== null) return this.#connect(JSON.parse(proof) as VerifiedProof)
    return new Response(null, { status: 404 })
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) return
    if (typeof message === 'string') {
      connection.close(CLOSE.PROTOCOL_ERROR, 'text messages are only ping')
      return
    }
    connection.receive(new Uint8Array(message))
    this.#keepWatch()
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#drop(socket)
    try {
      // Without this the daemon would see 1006.
      socket.close(code === 1005 || code === 1006 ? CLOSE.NORMAL : code, reason)
    } catch {
      // Closed already.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.#drop(socket)
    try {
      // An oversized message is reported here and does not close the socket by itself.
      socket.close(CLOSE.PROTOCOL_ERROR, 'the message could not be read')
    } catch {
      // Closed already.
    }
  }

  #relay(request: Request, relayed: Relayed): Promise<Response> | Response {
    const { kind } = relayed
    const now = Date.now()
    // Only passed on: what it says was checked in the Worker, and parsing it here would be a second time.
    const head = request.headers.get(HEAD_HEADER) ?? ''
    const about = new AskedRequest(relayed, head, this.#policy)
    const refusal = this.#policy.refusal(relayed, now)
    if (refusal !== undefined) return refuse(refusal, about)
    const connection = this.#current
    if (connection === undefined || connection.leaving) return refuse(OFFLINE, about)
    if (connection.refusal(now) !== undefined) return refuse(BUSY, about)
    this.#keepWatch()
    if (this.#cancels.refuses(head, now)) return refuse(TOO_MANY_CANCELS, about)
    const body = kind === 'body' ? request.body : null
    const end = kind !== 'websocket' && body === null
    try {
      let response!: Promise<Response>
      const signal = () => request.signal
      connection.open(
        head,
        relayed.tokenId,
        end,
        now + this.#headTimeoutMs,
        (stream) => {
          const exchange =
            kind === 'websocket'
              ? new WebSocketExchange(stream, about, signal, this.#queues.share(), this.#memory)
              : new HttpExchange(stream, about, body, signal, this.#memory)
          response = exchange.response
          return exchange
        },
        () => this.#cancels.add(head, Date.now()),
      )
      return response
    } catch (error) {
      if (!(error instanceof HeadError)) throw error
      return refuse(HEAD_TOO_LARGE, about)
    }
  }

  /** For the Worker, which has no policy: the decision's headers; 204, or 403 for a preflight that is denied. */
  #answerCors(request: Request): Response {
    const decision = this.#policy.cors(request)
    const denied = decision.kind === 'preflight' && !decision.allowed
    return new Response(null, { status: denied ? 403 : 204, headers: decision.headers })
  }

  #connect(proof: VerifiedProof): Response {
    if (!new NonceBook(this.ctx.storage).burn(proof)) {
      return problemResponse('CONNECT_PROOF_REPLAYED', 'This connect proof was used before', {
        try: 'sign a new one for each connection',
      })
    }
    const generation = (this.ctx.storage.kv.get<number>(GENERATION) ?? 0) + 1
    this.ctx.storage.kv.put(GENERATION, generation)
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    const attachment: ConnectionAttachment = { generation, connectedAt: Date.now() }
    server.serializeAttachment(attachment)
    // Newest wins at once, and waits for nothing: the old one may be dead without knowing it.
    for (const old of this.#connections.values()) old.retire()
    this.#adopt(server)
    this.#keepWatch()
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'sec-websocket-protocol': SUBPROTOCOL },
    })
  }

  #adopt(socket: WebSocket): void {
    const attachment = socket.deserializeAttachment() as ConnectionAttachment
    const connection: TunnelConnection = new TunnelConnection(socket, attachment, (policy) =>
      this.#keepPolicy(connection, policy),
    )
    this.#connections.set(socket, connection)
    const newest = this.#current?.generation ?? 0
    if (connection.generation > newest) this.#current = connection
  }

  #keepPolicy(connection: TunnelConnection, policy: EdgePolicy): void {
    // The last generation that was let in, not the one that serves: a replaced one never comes back into power.
    if (connection.generation !== this.ctx.storage.kv.get<number>(GENERATION)) return
    if (!this.#policy.keep(policy)) return
    // Held back by the output gate until the policy is on disk.
    connection.ackPolicy(policy.version)
    const now = Date.now()
    for (const open of this.#connections.values()) {
      open.revoke((tokenId) => this.#policy.disowns(tokenId, now), now)
    }
  }

  #drop(socket: WebSocket): void {
    const connection = this.#connections.get(socket)
    this.#connections.delete(socket)
    connection?.lost()
    // Compared, not assumed: an old socket's late end must not take the new connection down.
    if (this.#current === connection) this.#current = undefined
  }

  #keepWatch(): void {
    this.#watch ??= setTimeout(() => this.#look(), WATCH_MS)
  }

  #look(): void {
    this.#watch = undefined
    const now = Date.now()
    let more = false
    for (const [socket, connection] of this.#connections) {
      connection.look(now)
      if (connection !== this.#current) this.#closeRetired(socket, connection, now)
      if (connection.unsaved) connection.save()
      more ||= connection.mustLook || connection.unsaved || connection !== this.#current
    }
    if (more) this.#keepWatch()
  }

  #closeRetired(socket: WebSocket, connection: TunnelConnection, now: number): void {
    const silent = now - connection.heardAt > RETIRED_SILENCE_MS
    const old = now - connection.connectedAt > RETIRED_MAX_MS
    if (!connection.idle && !silent && !old) return
    this.#connections.delete(socket)
    connection.close(CLOSE.REPLACED, 'replaced by a newer connection')
  }
}

const OFFLINE: Refusal = {
  code: 'TUNNEL_OFFLINE',
  message: 'The daemon behind this host is not connected',
  try: 'start it at home with `spl serve`, or try again later',
  retryAfter: 5,
}

const BUSY: Refusal = {
  code: 'TUNNEL_BUSY',
  message: 'Too many requests are open on this host',
  try: 'wait a second and try again',
  retryAfter: 1,
}

const TOO_MANY_CANCELS: Refusal = {
  code: 'RATE_LIMITED',
  message: 'Too many requests of this client were left unfinished',
  try: 'wait ten seconds, and wait for answers before you close a connection',
  retryAfter: LIMITS.cancelledOpensIntervalMs / 1000,
}

const HEAD_TOO_LARGE: Refusal = {
  code: 'HEADERS_TOO_LARGE',
  message: 'The request head is too large to relay',
  try: `send less than ${LIMITS.headBytes} bytes of headers`,
}
