import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { Shares } from '../../protocol/multiplexer/shares.ts'
import { refuse } from '../door/refusal.ts'
import type { AskedRequest } from './asked-request.ts'
import { OFFLINE } from './refusals.ts'

interface Parked {
  readonly asked: AskedRequest
  /** Whose shares it takes. */
  readonly holder: string
  /** Milliseconds since 1970. */
  readonly deadline: number
  readonly settle: (response: MaybePromise<Response>) => void
  /** Without an answer, by a mistake of ours. */
  readonly fail: (error: unknown) => void
}

/** Requests that wait for home's return, of their bodies nothing is read, or all of a small one. Bounded in number, bytes and time; room is shared fairly. */
export class ParkedRequests {
  /** In the order in which they came. */
  readonly #parked = new Set<Parked>()
  readonly #places = new Shares(LIMITS.parkedRequests)
  readonly #bytes = new Shares(LIMITS.parkedBytes)

  get size(): number {
    return this.#parked.size
  }

  /** Its answer, some day; undefined: there is no room. @param now milliseconds since 1970 */
  add(asked: AskedRequest, now: number): Promise<Response> | undefined {
    const { holder } = asked
    if (this.#places.room(holder) < 1) return undefined
    if (this.#bytes.room(holder) < asked.head.length) return undefined
    return new Promise((settle, fail) => {
      const { key } = holder
      const parked: Parked = { asked, holder: key, deadline: now + LIMITS.parkMs, settle, fail }
      this.#parked.add(parked)
      this.#places.take(key)
      this.#bytes.take(key, asked.head.length)
      const { signal } = asked
      if (signal.aborted) this.#giveUp(parked)
      else signal.addEventListener('abort', () => this.#giveUp(parked), { once: true })
    })
  }

  /** Home is back: each is answered as `send` says, in order, and none waits any more. */
  answerAll(send: (asked: AskedRequest) => MaybePromise<Response>): void {
    const all = [...this.#parked]
    this.#parked.clear()
    this.#places.clear()
    this.#bytes.clear()
    for (const parked of all) answer(parked, send)
  }

  /** Refuses those whose time is over. @param now milliseconds since 1970 */
  expire(now: number): void {
    for (const parked of this.#parked) {
      if (now >= parked.deadline) this.#giveUp(parked)
    }
  }

  /** If its client has left nobody reads the refusal; it only lets the invocation end. */
  #giveUp(parked: Parked): void {
    // Served in the meantime: whoever answers it watches its client now.
    if (!this.#parked.delete(parked)) return
    this.#places.give(parked.holder)
    this.#bytes.give(parked.holder, parked.asked.head.length)
    answer(parked, (asked) => refuse(OFFLINE, asked))
  }
}

/** One whose answer fails keeps no other from its own. */
function answer(
  { asked, settle, fail }: Parked,
  make: (asked: AskedRequest) => MaybePromise<Response>,
): void {
  try {
    settle(make(asked))
  } catch (error) {
    fail(error)
  }
}
