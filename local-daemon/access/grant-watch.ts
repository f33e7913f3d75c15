import type { ProblemCode } from '../../protocol/problem.ts'
import type { Store } from '../store/open-store.ts'
import { ACCOUNTS_THREAD } from './account-records.ts'
import type { BearerCheck } from './bearer.ts'
import type { AccountPrincipal, Principal } from './principal.ts'

/** Why something that was granted has ended. */
export type GrantEnd = Extract<ProblemCode, 'AUTH_REVOKED' | 'AUTH_INVALID'>

interface Watched {
  readonly principal: AccountPrincipal
  readonly ended: (code: GrantEnd) => void
}

/** Longest timer of Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Watches over what outlives its request: an event stream ends when its token is revoked or expires, with the
 * commit that says so and at the very second.
 */
export class GrantWatch {
  readonly #bearers: BearerCheck
  readonly #watched = new Set<Watched>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store, bearers: BearerCheck) {
    this.#bearers = bearers
    store.commits.add((records) => {
      if (this.#watched.size === 0) return
      if (records.some((record) => record.thread === ACCOUNTS_THREAD)) this.#look('AUTH_REVOKED')
    })
  }

  /** Returns the way to stop watching. Only accounts can lose what they have. */
  watch(principal: Principal, ended: (code: GrantEnd) => void): () => void {
    if (principal.kind !== 'account') return () => {}
    const watched = { principal, ended }
    this.#watched.add(watched)
    if (principal.expiresAt !== null) this.#setTimer()
    return () => {
      this.#watched.delete(watched)
      if (this.#watched.size === 0) clearTimeout(this.#timer)
    }
  }

  #look(code: GrantEnd): void {
    for (const watched of this.#watched) {
      if (this.#bearers.principalOf(watched.principal.tokenId) !== undefined) continue
      this.#watched.delete(watched)
      watched.ended(code)
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    let first = Number.POSITIVE_INFINITY
    for (const { principal } of this.#watched) {
      if (principal.expiresAt !== null) first = Math.min(first, principal.expiresAt * 1000)
    }
    if (first === Number.POSITIVE_INFINITY) return
    const wait = Math.min(Math.max(first - Date.now(), 0) + 1, LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => {
      this.#look('AUTH_INVALID')
      this.#setTimer()
    }, wait)
    this.#timer.unref()
  }
}
