import { LIMITS } from '../../protocol/limits.ts'
import { refuse } from '../refusal.ts'
import type { AskedRequest } from './asked-request.ts'
import { OFFLINE } from './refusals.ts'

interface Parked {
  readonly asked: AskedRequest
  /** Milliseconds since 1970. */
  readonly deadline: number
  readonly settle: (response: Response | Promise<Response>) => void
}

/** Requests that wait for home's return, with nothing read of their bodies. Bounded in number, bytes and time. */
export class ParkedRequests {
  /** In the order in which they came. */
  readonly #parked = new Set<Parked>()
  #bytes = 0

  get size(): number {
    return this.#parked.size
  }

  /** Its answer, some day; undefined: there is no room. @param now milliseconds since 1970 */
  add(asked: AskedRequest, now: number): Promise<Response> | undefined {
    const bytes = this.#bytes + asked.head.length
    if (this.#parked.size >= LIMITS.parkedRequests || bytes > LIMITS.parkedBytes) return undefined
    return new Promise((settle) => {
      const parked: Parked = { asked, deadline: now + LIMITS.parkMs, settle }
      this.#parked.add(parked)
      this.#bytes = bytes
      const { signal } = asked
      if (signal.aborted) this.#giveUp(parked)
      else signal.addEventListener('abort', () => this.#giveUp(parked), { once: true })
    })
  }

  /** Home is back: each is answered as `send` says, in order, and none waits any more. */
  serve(send: (asked: AskedRequest) => Response | Promise<Response>): void {
    const all = [...this.#parked]
    this.#parked.clear()
    this.#bytes = 0
    for (const { asked, settle } of all) settle(send(asked))
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
    this.#bytes -= parked.asked.head.length
    parked.settle(refuse(OFFLINE, parked.asked))
  }
}
