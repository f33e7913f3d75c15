import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import type { ResponseHead } from '../../../protocol/tunnel/heads.ts'
import { RESET, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import type { Holder } from '../../../protocol/multiplexer/shares.ts'
import { BRIDGE } from '../../internal/bridge.ts'
import { finalEvent } from '../../door/final-event.ts'
import { refuse } from '../../door/refusal.ts'
import { answerHeaders, type AnswerHeaders } from './answer-headers.ts'
import { TOKEN_REFUSALS } from '../policy/decide-access.ts'
import type { Exchange, ExchangeStream, RelayedRequest } from './exchange.ts'
import { guarded } from './guarded.ts'
import { HttpExchange } from './http-exchange.ts'
import type { MessageMemory } from './message-memory.ts'
import { BUSY } from '../refusals.ts'
import { sendQuietly } from '../send-quietly.ts'
import { withoutPlace } from '../subscribers/without-place.ts'
import type { MemberOf } from '../subscribers/bridge-attachment.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'

export interface EventParts {
  readonly stream: ExchangeStream
  readonly request: RelayedRequest
  readonly tokenId: string | undefined
  /** Whose place it takes. */
  readonly holder: Holder
  readonly signal: () => AbortSignal
  readonly memory: MessageMemory
  readonly subscribers: Subscribers
}

/**
 * A request whose answer may be an event stream. If it is one, it crosses the bridge to the Worker, at the pace
 * at which the client takes it, until it joins a group; any other answer is a plain one.
 */
export class EventExchange implements Exchange {
  readonly response: Promise<Response>
  readonly requestId: string
  readonly #stream: ExchangeStream
  readonly #request: RelayedRequest
  readonly #plain: HttpExchange
  readonly #subscribers: Subscribers
  readonly #tokenId: string | undefined
  readonly #holder: Holder
  readonly #signal: () => AbortSignal
  #settle!: (response: Response) => void
  #bridge: WebSocket | undefined
  #taken = 0

  constructor(parts: EventParts) {
    const { stream, request, tokenId, holder, signal, memory, subscribers } = parts
    this.#stream = stream
    this.#request = request
    this.requestId = request.requestId
    this.#tokenId = tokenId
    this.#holder = holder
    this.#signal = signal
    this.#subscribers = subscribers
    this.#plain = new HttpExchange(stream, request, undefined, signal, memory)
    const accepted = new Promise<Response>((resolve) => {
      this.#settle = resolve
    })
    this.response = Promise.race([accepted, this.#plain.response])
  }

  head(head: ResponseHead, body: Uint8Array, end: boolean): void {
    const headers = answerHeaders(head)
    if (headers === undefined || head.status !== 200 || end || !isEventStream(headers)) {
      return this.#plain.head(head, body, end)
    }
    const signal = this.#signal()
    if (signal.aborted) return this.#plain.watchClient()
    // Others may have come in between: a place is taken only now.
    if (this.#subscribers.full(this.#holder)) return this.#refuse()
    const { 0: worker, 1: bridge } = new WebSocketPair()
    this.#bridge = bridge
    this.#subscribers.accept(bridge, this, this.#holder.key)
    // An end of a bridge that never reached the Worker, whose client had left, is closed by nobody.
    const abandoned = guarded(this.#stream, () => this.#subscribers.abandon(bridge))
    signal.addEventListener('abort', abandoned, { once: true })
    // A copy: what the Worker alone may see must be on no other answer.
    const fields = new Headers(headers.fields)
    fields.set(GATEWAY_HEADERS.requestId, this.#request.requestId)
    if (headers.resume !== undefined) fields.set(GATEWAY_HEADERS.resume, headers.resume)
    this.#settle(new Response(null, { status: 101, webSocket: worker, headers: fields }))
    this.data(body)
  }

  data(bytes: Uint8Array): void {
    if (this.#bridge === undefined) return this.#plain.data(bytes)
    if (bytes.length > 0) sendQuietly(this.#bridge, bytes)
  }

  end(): void {
    if (this.#bridge === undefined) return this.#plain.end()
    this.#subscribers.dismiss(this.#bridge, BRIDGE.ENDED)
  }

  reset(code: ResetCode): void {
    if (this.#bridge === undefined) return this.#plain.reset(code)
    this.#subscribers.dismiss(this.#bridge, BRIDGE.RESUME)
  }

  cutOff(): void {
    if (this.#bridge === undefined) return this.#plain.cutOff()
    this.#stream.reset(RESET.GOING_AWAY)
    sendQuietly(this.#bridge, new TextEncoder().encode(finalEvent(TOKEN_REFUSALS.revoked)))
    this.#subscribers.dismiss(this.#bridge, BRIDGE.ENDED)
  }

  joined(membership: MemberOf): boolean {
    const bridge = this.#bridge
    if (bridge === undefined || !this.#subscribers.join(bridge, membership, this.#tokenId)) {
      return false
    }
    sendQuietly(bridge, BRIDGE.LIVE)
    return true
  }

  watchClient(): void {
    if (this.#bridge === undefined) this.#plain.watchClient()
  }

  stopSending(): void {
    this.#plain.stopSending()
  }

  writable(): void {}

  /** The client has taken so many bytes of this bridge, in all. */
  taken(total: number): void {
    if (!(total > this.#taken)) return
    const bytes = total - this.#taken
    this.#taken = total
    this.#guarded(() => this.#stream.consumed(bytes))
  }

  /** Nobody will tell of the rest: what is whole and not taken must not hold its slot. */
  untold(): void {
    this.#guarded(() => this.#stream.consumed(Infinity))
  }

  /** The client, or the Worker that held it, is gone. */
  left(): void {
    this.#guarded(() => this.#stream.reset(RESET.CANCEL))
  }

  #guarded(call: () => void): void {
    guarded(this.#stream, call)()
  }

  #refuse(): void {
    this.#stream.reset(RESET.ENHANCE_YOUR_CALM)
    this.#settle(withoutPlace(refuse(BUSY, this.#request)))
  }
}

/** A compressed one is not cut into events: it crosses as any other body. */
function isEventStream({ fields, encoded }: AnswerHeaders): boolean {
  return !encoded && /^text\/event-stream\s*(?:;|$)/i.test(fields.get('content-type') ?? '')
}
