import { DurableObject } from 'cloudflare:workers'
import { CLOSE } from '../../protocol/close-code.ts'
import type { VerifiedProof } from '../../protocol/connect-proof.ts'
import { HeadError } from '../../protocol/heads.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL } from '../../protocol/version.ts'
import type { Env } from '../env.ts'
import { problemResponse } from '../problem-response.ts'
import { readSettings } from '../settings.ts'
import { CancelBook } from './cancel-book.ts'
import { ClientQueues } from './client-queues.ts'
import { HttpExchange } from './http-exchange.ts'
import { CONNECT_HEADER, HEAD_HEADER, readRelayUrl, type Relayed } from './internal.ts'
import { MessageMemory } from './message-memory.ts'
import { NonceBook } from './nonce-book.ts'
import { TunnelConnection, type ConnectionAttachment } from './tunnel-connection.ts'
import { WebSocketExchange } from './websocket-exchange.ts'

/** While anything must be watched, how often. A pending timer keeps the object awake, so: only then. */
const WATCH_MS = 1_000
/** A replaced connection that says nothing for so long is dead (streams have heartbeats every 15 s). */
const RETIRED_SILENCE_MS = 20_000
/** No replaced connection is older than this. */
const RETIRED_MAX_MS = 30 * 60_000

/** The object that holds the daemon's socket. The relay path touches no storage. */
export class TunnelObject extends DurableObject<Env> {
  readonly #connections = new Map<WebSocket, TunnelConnection>()
  readonly #headTimeoutMs: number
  readonly #cancels = new CancelBook()
  readonly #queues = new ClientQueues()
  readonly #memory = new MessageMemory()
  #current: TunnelConnection | undefined
  #watch: ReturnType<typeof setTimeout> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const settings = readSettings(env)
    this.#headTimeoutMs = typeof settings === 'string' ? 100_000 : settings.headTimeoutMs
    // The daemon's ping is answered by the platform while the object sleeps.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    for (const socket of ctx.getWebSockets()) this.#adopt(socket)
  }

  override fetch(request: Request): Promise<Response> | Response {
    const relayed = readRelayUrl(request.url)
    if (relayed !== undefined) return this.#relay(request, relayed)
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

  #relay(request: Request, { kind, requestId }: Relayed): Promise<Response> | Response {
    const connection = this.#current
    if (connection === undefined || connection.leaving) return offline(requestId)
    if (connection.refusal() !== undefined) return busy(requestId)
    this.#keepWatch()
    // Only passed on: what it says was checked in the Worker, and parsing it here would be a second time.
    const head = request.headers.get(HEAD_HEADER) ?? ''
    if (this.#cancels.refuses(head, Date.now())) return tooManyCancels(requestId)
    const relayed = { isHead: kind === 'head', requestId }
    const body = kind === 'body' ? request.body : null
    const end = kind !== 'websocket' && body === null
    try {
      let response!: Promise<Response>
      const signal = () => request.signal
      connection.open(
        head,
        end,
        this.#headTimeoutMs,
        (stream) => {
          const exchange =
            kind === 'websocket'
              ? new WebSocketExchange(stream, relayed, signal, this.#queues.share(), this.#memory)
              : new HttpExchange(stream, relayed, body, signal, this.#memory)
          response = exchange.response
          return exchange
        },
        () => this.#cancels.add(head, Date.now()),
      )
      return response
    } catch (error) {
      if (!(error instanceof HeadError)) throw error
      return headTooLarge(requestId)
    }
  }

  #connect(proof: VerifiedProof): Response {
    if (!new NonceBook(this.ctx.storage).burn(proof)) {
      return problemResponse('CONNECT_PROOF_REPLAYED', 'This connect proof was used before', {
        try: 'sign a new one for each connection',
      })
    }
    const generation = (this.ctx.storage.kv.get<number>('generation') ?? 0) + 1
    this.ctx.storage.kv.put('generation', generation)
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
    const connection = new TunnelConnection(socket, attachment)
    this.#connections.set(socket, connection)
    const newest = this.#current?.generation ?? 0
    if (connection.generation > newest) this.#current = connection
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
      connection.lookAtHeads(now)
      if (connection !== this.#current) this.#closeRetired(socket, connection, now)
      if (connection.unsaved) connection.save()
      more ||= connection.awaitsHeads || connection.unsaved || connection !== this.#current
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

function offline(requestId: string): Response {
  return problemResponse('TUNNEL_OFFLINE', 'The daemon behind this host is not connected', {
    requestId,
    headers: { 'retry-after': '5' },
    try: 'start it at home with `spl serve`, or try again later',
  })
}

function busy(requestId: string): Response {
  return problemResponse('TUNNEL_BUSY', 'Too many requests are open on this host', {
    requestId,
    headers: { 'retry-after': '1' },
    try: 'wait a second and try again',
  })
}

function tooManyCancels(requestId: string): Response {
  return problemResponse('RATE_LIMITED', 'Too many requests of this client were left unfinished', {
    requestId,
    headers: { 'retry-after': String(LIMITS.cancelledOpensIntervalMs / 1000) },
    try: 'wait ten seconds, and wait for answers before you close a connection',
  })
}

function headTooLarge(requestId: string): Response {
  return problemResponse('HEADERS_TOO_LARGE', 'The request head is too large to relay', {
    requestId,
    try: `send less than ${LIMITS.headBytes} bytes of headers`,
  })
}
