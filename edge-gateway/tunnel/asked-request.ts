import type { CorsHeaders } from '../../protocol/cors.ts'
import type { RequestHead } from '../../protocol/heads.ts'
import type { RelayedRequest } from './exchange.ts'
import type { Relayed } from './internal.ts'
import type { PolicyBook } from './policy-book.ts'

/** A relayed request as those see it who may have to refuse it. Its head is read only then. */
export class AskedRequest implements RelayedRequest {
  readonly isHead: boolean
  readonly requestId: string
  readonly #head: string
  readonly #policy: PolicyBook

  /** @param head the request's head as JSON */
  constructor({ kind, requestId }: Relayed, head: string, policy: PolicyBook) {
    this.isHead = kind === 'head'
    this.requestId = requestId
    this.#head = head
    this.#policy = policy
  }

  cors(): CorsHeaders {
    const { method, headers } = JSON.parse(this.#head) as RequestHead
    const get = (name: string) => headers.find(([known]) => known === name)?.[1] ?? null
    return this.#policy.cors({ method, headers: { get } }).headers
  }
}
