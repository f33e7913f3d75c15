import { GATEWAY_HEADERS } from '../../protocol/http/gateway-headers.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { HeadError } from '../../protocol/tunnel/heads.ts'
import { lingerUnread } from '../door/linger.ts'
import { refuse, type Refusal } from '../door/refusal.ts'
import type { Relayed } from '../internal/relayed.ts'
import { AskedRequest, type RequestDesk } from './asked-request.ts'
import { ClientQueues } from './exchange/client-queues.ts'
import type { HomeConnections } from './connection/home-connections.ts'
import {
  type AnsweringExchange,
  type ExchangeParts,
  isEvents,
  makeExchange,
} from './exchange/make-exchange.ts'
import { MessageMemory } from './exchange/message-memory.ts'
import { SmallBodies } from './exchange/small-bodies.ts'
import type { ParkedRequests } from './parked-requests.ts'
import type { PolicyBook } from './policy/policy-book.ts'
import type { Presence } from './connection/presence.ts'
import { BUSY, HEAD_TOO_LARGE, OFFLINE, TOO_MANY_CANCELS } from './refusals.ts'
import type { Subscribers } from './subscribers/subscribers.ts'
import type { Tenure } from './tenure.ts'
import type { TrafficCounts } from './traffic-counts.ts'
import type { TunnelConnection } from './connection/tunnel-connection.ts'
import type { Watch } from './watch.ts'
import { withoutPlace } from './subscribers/without-place.ts'

export interface DispatchParts {
  readonly connections: HomeConnections
  readonly tenure: Tenure
  readonly policy: PolicyBook
  readonly presence: Presence
  readonly parked: ParkedRequests
  readonly subscribers: Subscribers
  readonly counts: TrafficCounts
  readonly watch: Watch
  readonly headTimeoutMs: number
}

/** Decides what becomes of each relayed request: refused, sent to home, or parked for its return. */
export class Dispatch implements RequestDesk {
  readonly policy: PolicyBook
  readonly counts: TrafficCounts
  readonly #connections: HomeConnections
  readonly #tenure: Tenure
  readonly #presence: Presence
  readonly #parked: ParkedRequests
  readonly #subscribers: Subscribers
  readonly #watch: Watch
  readonly #headTimeoutMs: number
  readonly #exchanges: ExchangeParts
  readonly #smallBodies = new SmallBodies()

  constructor(parts: DispatchParts) {
    const { subscribers } = parts
    this.policy = parts.policy
    this.counts = parts.counts
    this.#connections = parts.connections
    this.#tenure = parts.tenure
    this.#presence = parts.presence
    this.#parked = parts.parked
    this.#subscribers = subscribers
    this.#watch = parts.watch
    this.#headTimeoutMs = parts.headTimeoutMs
    this.#exchanges = { queues: new ClientQueues(), memory: new MessageMemory(), subscribers }
  }

  relay(request: Request, relayed: Relayed): MaybePromise<Response> {
    const answer = this.#admit(new AskedRequest(request, relayed, this))
    return relayed.kind === 'body' ? lingerUnread(answer, request) : answer
  }

  /** Ends what waits for its client too long. @param now milliseconds since 1970 */
  endOverdue(now: number): void {
    this.#smallBodies.endOverdue(now)
  }

  /** Something waits for its client. */
  get anyDue(): boolean {
    return this.#smallBodies.size > 0
  }

  /** Home is back: what waited for it is sent, if it has greeted. */
  serveParked(): void {
    const connection = this.#connections.current
    if (connection?.ready !== true) return
    const now = Date.now()
    this.#parked.answerAll((asked) => this.#sendParked(asked, connection, now))
  }

  /** A safe request whose connection was lost before its answer began. */
  sendAgain(asked: AskedRequest): MaybePromise<Response> | undefined {
    const connection = this.#connections.current
    const now = Date.now()
    if (connection?.ready === true) return this.#sendParked(asked, connection, now)
    if (asked.relayed.kind === 'feed') return this.#refuseOrHold(OFFLINE, asked)
    return this.#park(asked, now)
  }

  #admit(asked: AskedRequest): MaybePromise<Response> {
    const now = Date.now()
    const { relayed } = asked
    const refusal =
      relayed.kind === 'resume'
        ? this.policy.refusalOfLetIn(relayed, now)
        : this.policy.refusal(relayed, now)
    if (refusal !== undefined) return this.#refuseOrHold(refusal, asked)
    const connection = this.#connections.heard(now)
    if (connection?.ready === true) {
      if (asked.hasSmallBody && this.#smallBodies.room) return this.#sendWhole(asked, now)
      return this.#send(asked, connection, now)
    }
    if (relayed.kind === 'resume') return this.#wait(asked)
    if (relayed.kind === 'feed') return this.#refuseOrHold(OFFLINE, asked)
    return this.#park(asked, now) ?? refuse(OFFLINE, asked)
  }

  /** Opens nothing at home before the body is there: until then it costs home nothing, and is no more than a wait. */
  async #sendWhole(asked: AskedRequest, from: number): Promise<Response> {
    this.#watch.keep()
    const refusal = await this.#smallBodies.read(asked, from)
    if (refusal !== undefined) return refuse(refusal, asked)
    const now = Date.now()
    const connection = this.#connections.current
    if (connection?.ready === true) return this.#sendParked(asked, connection, now)
    return this.#park(asked, now) ?? refuse(OFFLINE, asked)
  }

  /** A feed that would be refused for a reason that passes gets a place to wait in: its client may never ask again. */
  #refuseOrHold(refusal: Refusal, asked: AskedRequest): Response {
    if (asked.relayed.kind !== 'feed' || refusal.passing !== true) return refuse(refusal, asked)
    const { holder } = asked
    if (this.#subscribers.full(holder)) return withoutPlace(refuse(refusal, asked))
    // A client that waits for home is told of its return; for any other reason it asks again.
    const againMs = refusal === OFFLINE ? 0 : 1000 * (refusal.retryAfter ?? 1)
    const headers = { ...asked.cors(), [GATEWAY_HEADERS.requestId]: asked.requestId }
    return this.#subscribers.waiting.wait(holder.key, againMs, headers)
  }

  /** A stream that was let in before takes a place like any other. */
  #wait(asked: AskedRequest): Response {
    const { holder } = asked
    return this.#subscribers.full(holder)
      ? refuse(BUSY, asked)
      : this.#subscribers.waiting.wait(holder.key)
  }

  #send(asked: AskedRequest, connection: TunnelConnection, now: number): MaybePromise<Response> {
    const { head, relayed, holder } = asked
    const refusal = connection.streams.refusal(now, holder)
    if (refusal === 'too-many-cancels') return this.#refuseOrHold(TOO_MANY_CANCELS, asked)
    if (refusal !== undefined) return this.#refuseOrHold(BUSY, asked)
    this.#watch.keep()
    const { kind, tokenId } = relayed
    const end = kind !== 'websocket' && !asked.hasBody
    if (isEvents(kind) && this.#subscribers.full(holder)) return refuse(BUSY, asked)
    try {
      let exchange!: AnsweringExchange
      connection.streams.begin(
        head,
        tokenId,
        end,
        { at: now + this.#headTimeoutMs, afterMs: this.#headTimeoutMs },
        (stream) => (exchange = makeExchange(stream, asked, this.#exchanges)),
        holder,
      )
      return exchange.response
    } catch (error) {
      if (!(error instanceof HeadError)) throw error
      return refuse(HEAD_TOO_LARGE, asked)
    }
  }

  /** Its token may have been revoked since it came. */
  #sendParked(
    asked: AskedRequest,
    connection: TunnelConnection,
    now: number,
  ): MaybePromise<Response> {
    const refusal = this.policy.refusalOfLetIn(asked.relayed, now)
    return refusal === undefined ? this.#send(asked, connection, now) : refuse(refusal, asked)
  }

  /** Holds a request until home is back; undefined if that is not to be expected, or too many wait. */
  #park(asked: AskedRequest, now: number): Promise<Response> | undefined {
    if (this.#tenure.over) return undefined
    // A connection in any other state than these two is leaving.
    const state = this.#connections.current?.state
    const here = state === 'greeting' || state === 'ready'
    if (!here && !this.#presence.expected(now)) return undefined
    const answer = this.#parked.add(asked, now)
    if (answer === undefined) return undefined
    this.counts.add('parked')
    this.#watch.keep()
    return answer
  }
}
