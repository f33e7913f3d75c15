import type { CorsHeaders } from '../../protocol/http/cors.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import type { RequestHead } from '../../protocol/tunnel/heads.ts'
import type { Holder } from '../../protocol/multiplexer/shares.ts'
import type { RelayedRequest } from './exchange.ts'
import type { Relayed } from '../internal/relayed.ts'
import type { PolicyBook } from './policy-book.ts'
import type { TrafficCounts } from './traffic-counts.ts'
import { Upload } from './upload.ts'

/** How often home may refuse to begin it before its client is told. */
const REPEATS_MAX = 5

/** Its answer by another connection, or undefined if there is to be none. */
export type SendAgain = (asked: AskedRequest) => Response | Promise<Response> | undefined

/**
 * A relayed request as those see it who send it, hold it or refuse it. What costs something (its head as
 * data, its signal, its body) is looked at only by those who need it.
 */
export class AskedRequest implements RelayedRequest {
  readonly relayed: Relayed
  /** The request's head as JSON. */
  readonly head: string
  readonly #request: Request
  readonly #policy: PolicyBook
  readonly #counts: TrafficCounts
  readonly #sendAgain: SendAgain
  #repeated = false
  #repeats = 0
  #upload: Upload | undefined

  constructor(
    request: Request,
    relayed: Relayed,
    head: string,
    policy: PolicyBook,
    counts: TrafficCounts,
    sendAgain: SendAgain,
  ) {
    this.#request = request
    this.relayed = relayed
    this.head = head
    this.#policy = policy
    this.#counts = counts
    this.#sendAgain = sendAgain
  }

  /** Whose share of what everybody shares it takes. */
  get holder(): Holder {
    return this.#policy.holder(this.relayed)
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

  /** Its body, if it has one; from the first call on it is read. */
  get upload(): Upload | undefined {
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
    return this.#policy.cors({ method, headers: { get } }).headers
  }

  refused(code: ProblemCode): void {
    this.#counts.refuse(code)
  }

  repeat(begun: boolean): Response | Promise<Response> | undefined {
    if (begun) {
      if (this.#repeated || !this.#isSafe()) return undefined
      this.#repeated = true
    } else {
      if (this.#repeats >= REPEATS_MAX || this.#upload?.whole === false) return undefined
      this.#repeats += 1
    }
    return this.#sendAgain(this)
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
