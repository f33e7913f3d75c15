import { LIMITS } from '../../protocol/limits.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import type { CorsHeaders } from '../../protocol/http/cors.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import type { Holder } from '../../protocol/multiplexer/shares.ts'
import type { RelayedRequest } from './exchange/exchange.ts'
import { HEAD_HEADER, type Relayed } from '../internal/relayed.ts'
import type { PolicyBook } from './policy/policy-book.ts'
import type { TrafficCounts } from './traffic-counts.ts'
import { Upload } from './exchange/upload.ts'

/** How often home may refuse to begin it before its client is told. */
const REPEATS_MAX = 5

/** What the requests of one object share. */
export interface RequestDesk {
  readonly policy: PolicyBook
  readonly counts: TrafficCounts
  /** The answer by another connection; undefined if there will be none. */
  sendAgain(asked: AskedRequest): MaybePromise<Response> | undefined
}

/**
 * A relayed request as those see it who send it, hold it or refuse it. What costs something (its head as
 * data, its signal, its body) is looked at only by those who need it.
 */
export class AskedRequest implements RelayedRequest {
  readonly relayed: Relayed
  /** The request's head as JSON. */
  readonly head: string
  readonly #request: Request
  readonly #desk: RequestDesk
  #repeated = false
  #repeats = 0
  #upload: Upload | undefined
  #whole: Uint8Array | undefined

  constructor(request: Request, relayed: Relayed, desk: RequestDesk) {
    this.#request = request
    this.relayed = relayed
    // Only passed on: the Worker has checked it, and parsing it here would be a second time.
    this.head = request.headers.get(HEAD_HEADER) ?? ''
    this.#desk = desk
  }

  /** Whose share of what everybody shares it takes. */
  get holder(): Holder {
    return this.#desk.policy.holder(this.relayed)
  }

  get isHead(): boolean {
    return this.relayed.kind === 'head'
  }

  get requestId(): string {
    return this.relayed.requestId
  }

  get hasBody(): boolean {
    return this.relayed.kind === 'body' && this.#request.body !== null
  }

  /** Its body is announced, small, and not read yet. */
  get hasSmallBody(): boolean {
    const { bodyBytes } = this.relayed
    const isSmall = bodyBytes > 0 && bodyBytes <= LIMITS.smallBodyBytes
    return isSmall && this.#whole === undefined && this.#upload === undefined && this.hasBody
  }

  /** Reads the body to its end. It is kept, for every connection that the request may be sent to. */
  async readWhole(): Promise<void> {
    this.#whole = new Uint8Array(await this.#request.arrayBuffer())
  }

  /** Its body, where `readWhole` has read it. */
  get wholeBody(): Uint8Array | undefined {
    return this.#whole
  }

  /** Its body, if it has one that is not read; from the first call on it is read. */
  get upload(): Upload | undefined {
    if (this.#whole !== undefined) return undefined
    const body = this.relayed.kind === 'body' ? this.#request.body : null
    return body === null ? undefined : (this.#upload ??= new Upload(body))
  }

  /** Aborted when its client goes away. */
  get signal(): AbortSignal {
    return this.#request.signal
  }

  cors(): CorsHeaders {
    const { method, headers } = this.#readHead()
    const get = (name: string) => headers.find(([known]) => known === name)?.[1] ?? null
    return this.#desk.policy.decideCors({ method, headers: { get } }).headers
  }

  refused(code: ProblemCode): void {
    this.#desk.counts.refuse(code)
  }

  repeat(begun: boolean): MaybePromise<Response> | undefined {
    if (begun) {
      if (this.#repeated || !this.#isSafe()) return undefined
      this.#repeated = true
    } else {
      if (this.#repeats >= REPEATS_MAX || this.#upload?.whole === false) return undefined
      this.#repeats += 1
    }
    return this.#desk.sendAgain(this)
  }

  /** RFC 9110, section 9.2.1, and nothing of it is used up: a WebSocket's handshake is a GET. */
  #isSafe(): boolean {
    if (this.relayed.kind !== 'body') return true
    return this.#request.body === null && this.#readHead().method === 'OPTIONS'
  }

  #readHead(): RequestHead {
    return JSON.parse(this.head) as RequestHead
  }
}
