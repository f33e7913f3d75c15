import { GATEWAY_HEADERS } from '../../protocol/http/gateway-headers.ts'
import type { HeaderList, RequestHead } from '../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { withoutTicket } from '../../protocol/http/without-ticket.ts'
import { valuesToBytes, valueToText } from '../door/header-bytes.ts'

const LAST_EVENT_ID = 'last-event-id'

/**
 * How one event stream is requested again. A bearer is sent again. A ticket is used up; in its place goes the code that
 * home sent with the answer. Only this object keeps it, and it ends with the client's stream.
 */
export class Resumption {
  readonly #head: RequestHead
  #code: string | undefined
  /** When to exchange it for a fresh one, milliseconds since 1970. */
  #renewAt = Infinity

  constructor(head: RequestHead) {
    this.#head = head
  }

  /** The event after which the client itself resumed. */
  get lastEventId(): string | undefined {
    const value = this.#head.headers.find(([name]) => name === LAST_EVENT_ID)?.[1]
    return value === undefined || value === '' ? undefined : valueToText(value)
  }

  /** Request the stream again while that is still possible. */
  get due(): boolean {
    return Date.now() >= this.#renewAt
  }

  /** Notes what came with an answer that continues the stream. */
  learn(given: Headers): void {
    const code = given.get(GATEWAY_HEADERS.resume)
    this.#renewAt = Infinity
    // None, or not a fresh one: the present code counts until it expires.
    if (code === null) return
    this.#code = code
    // Spread, so that streams that began together are not all requested at once.
    this.#renewAt = Date.now() + 1000 * LIMITS.resumeSeconds * (0.35 + 0.15 * Math.random())
  }

  /** The same request, from the event after this one. */
  head(lastEventId: string | undefined): RequestHead {
    const { headers, target } = this.#head
    const code = this.#code
    const added: [string, string][] = []
    if (lastEventId !== undefined) added.push([LAST_EVENT_ID, lastEventId])
    if (code !== undefined) added.push([GATEWAY_HEADERS.resume, code])
    const others = headers.filter(([name]) => name !== LAST_EVENT_ID)
    const list: HeaderList = [...others, ...valuesToBytes(added)]
    return {
      ...this.#head,
      target: code === undefined ? target : withoutTicket(target),
      headers: list,
    }
  }
}
