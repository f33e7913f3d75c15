import type { Store } from '../store/open-store.ts'
import { ACCOUNTS_THREAD, CONFIG_THREAD } from '../store/daemon-threads.ts'
import type { Authorise } from './authorise.ts'
import type { GrantEnd } from './bearer.ts'
import type { Principal } from './principal.ts'

interface Watched {
  readonly principal: Principal
  readonly ended: (code: GrantEnd) => void
}

/** Threads whose records can end a grant. */
const DECISIVE: ReadonlySet<string> = new Set([ACCOUNTS_THREAD, CONFIG_THREAD])
/** A timer stops while the machine sleeps, and ignores changes of the clock. So this is how often it checks, milliseconds. */
const LOOK_MS = 15_000

/**
 * Watches event streams and WebSockets, which outlive the check of their request; a download is checked at each of its pages
 * (http/input/caller.ts). An event stream ends when its token is revoked or expires, with that
 * commit or in that second; after the machine has slept, a moment later.
 */
export class StreamGrantWatch {
  readonly #authorise: Pick<Authorise, 'endOf'>
  readonly #watched = new Set<Watched>()
  readonly #onFault: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  /** The next expiry, for which the timer is set, milliseconds since 1970. */
  #first = Number.POSITIVE_INFINITY

  /** @param authorise constructed before this, so that it is up to date when this hears of a commit */
  constructor(store: Store, authorise: Pick<Authorise, 'endOf'>) {
    this.#authorise = authorise
    this.#onFault = store.commits.onFault
    store.commits.add((records) => {
      if (this.#watched.size === 0) return
      if (records.some(({ thread }) => DECISIVE.has(thread))) this.#look()
    })
  }

  /** Returns a function that stops watching. A grant that has ended already is reported at once. */
  watch(principal: Principal, ended: (code: GrantEnd) => void): () => void {
    const watched = { principal, ended }
    this.#watched.add(watched)
    // Not for each of many readers: that would check all the others each time.
    if (endMs(principal) < this.#first) this.#setTimer()
    const end = this.#authorise.endOf(principal)
    if (end !== undefined) {
      queueMicrotask(() => this.#end(watched, end))
    }
    return () => {
      this.#watched.delete(watched)
      if (this.#watched.size > 0) return
      clearTimeout(this.#timer)
      this.#first = Number.POSITIVE_INFINITY
    }
  }

  #look(): void {
    for (const watched of this.#watched) {
      const end = this.#authorise.endOf(watched.principal)
      if (end !== undefined) this.#end(watched, end)
    }
  }

  /** One that throws at its end does not keep others from ending. */
  #end(watched: Watched, code: GrantEnd): void {
    if (!this.#watched.delete(watched)) return
    try {
      watched.ended(code)
    } catch (error) {
      this.#onFault(error)
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    let first = Number.POSITIVE_INFINITY
    for (const { principal } of this.#watched) first = Math.min(first, endMs(principal))
    this.#first = first
    if (first === Number.POSITIVE_INFINITY) return
    const wait = Math.min(Math.max(first - Date.now(), 0) + 1, LOOK_MS)
    this.#timer = setTimeout(() => {
      if (Date.now() >= first) this.#look()
      this.#setTimer()
    }, wait)
    this.#timer.unref()
  }
}

/** When a principal's token ends, milliseconds since 1970. */
function endMs(principal: Principal): number {
  const ends = principal.kind === 'account' ? principal.expiresAt : null
  return ends === null ? Number.POSITIVE_INFINITY : ends * 1000
}
