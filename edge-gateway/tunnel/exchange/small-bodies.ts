import { LIMITS } from '../../../protocol/limits.ts'
import { BODY_LATE, BODY_UNREADABLE } from '../refusals.ts'
import type { Refusal } from '../../door/refusal.ts'

/** A request whose body is read here. */
export interface SmallRequest {
  /** Resolves once all of it is here; rejects if it breaks off. */
  readWhole(): Promise<void>
}

interface Reading {
  /** When the client must have sent all of it, milliseconds since 1970. */
  readonly until: number
  readonly stop: () => void
}

/**
 * Bodies that are small and announced: read whole before their request leaves for home, so that both are one message.
 * As a stream of its own such a body costs nearly as much again as its request. Bounded in number and time.
 */
export class SmallBodies {
  readonly #open = new Set<Reading>()

  /** Bodies that are not whole yet. */
  get size(): number {
    return this.#open.size
  }

  /** Whether there is room for another one. */
  get room(): boolean {
    return this.#open.size < LIMITS.smallBodies
  }

  /** Resolves once the body is there, or with why it will not be. @param now milliseconds since 1970 */
  read(request: SmallRequest, now: number): Promise<Refusal | undefined> {
    return new Promise((resolve) => {
      const reading: Reading = { until: now + LIMITS.uploadStallMs, stop: () => end(BODY_LATE) }
      const end = (refusal: Refusal | undefined): void => {
        this.#open.delete(reading)
        resolve(refusal)
      }
      this.#open.add(reading)
      request.readWhole().then(
        () => end(undefined),
        () => end(BODY_UNREADABLE),
      )
    })
  }

  /** Refuses those whose client takes too long. @param now milliseconds since 1970 */
  endOverdue(now: number): void {
    for (const { until, stop } of this.#open) if (now >= until) stop()
  }
}
