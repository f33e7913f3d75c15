import { ProblemError } from '../../problem/problem-error.ts'
import { STORE_LIMITS } from '../limits.ts'
import { readBusy } from './read-busy.ts'

interface Waiting {
  readonly holder: string
  readonly start: () => void
}

/**
 * Gives out so many places. One holder gets all but one of them, so that a slow read of one keeps nobody else out; who waits gets a
 * place before those of its holder that came later.
 */
export class ReadTurns {
  readonly #places: number
  readonly #running = new Map<string, number>()
  #waiting: Waiting[] = []
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Resolves with what gives the place back. Rejects with `ProblemError`: `QUERY_BUSY`; `REQUEST_TIMEOUT` once the signal aborts. */
  enter(holder: string, signal: AbortSignal): Promise<() => void> {
    const ofHolder = this.#waiting.filter((one) => one.holder === holder).length
    if (
      this.#waiting.length >= STORE_LIMITS.slowReadsWaiting ||
      ofHolder >= STORE_LIMITS.slowReadsWaitingPerHolder
    ) {
      return Promise.reject(readBusy())
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        holder,
        start: () => {
          settle()
          this.#taken += 1
          this.#count(holder, 1)
          resolve(() => {
            this.#taken -= 1
            this.#count(holder, -1)
            this.#next()
          })
        },
      }
      const refuse = (error: ProblemError) => {
        settle()
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(error)
      }
      const onAbort = () => refuse(new ProblemError('REQUEST_TIMEOUT', 'The reader has left'))
      const late = setTimeout(() => refuse(readBusy()), STORE_LIMITS.slowReadWaitMs)
      function settle(): void {
        clearTimeout(late)
        signal.removeEventListener('abort', onAbort)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
      if (signal.aborted) onAbort()
      else this.#next()
    })
  }

  #next(): void {
    while (this.#taken < this.#places) {
      const next = this.#waiting
        .filter(({ holder }) => this.#of(holder) < Math.max(1, this.#places - 1))
        .toSorted((one, other) => this.#of(one.holder) - this.#of(other.holder))[0]
      if (next === undefined) return
      this.#waiting = this.#waiting.filter((one) => one !== next)
      next.start()
    }
  }

  #of(holder: string): number {
    return this.#running.get(holder) ?? 0
  }

  #count(holder: string, by: number): void {
    const count = this.#of(holder) + by
    if (count > 0) this.#running.set(holder, count)
    else this.#running.delete(holder)
  }
}
