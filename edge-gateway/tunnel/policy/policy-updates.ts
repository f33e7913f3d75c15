import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import type { HomeConnections } from '../connection/home-connections.ts'
import { REVOKED_GRACE_MS } from '../connection/open-exchanges.ts'
import type { PolicyBook } from './policy-book.ts'
import { PolicyPace } from './policy-pace.ts'
import type { Presence } from '../connection/presence.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'
import type { Tenure } from '../tenure.ts'
import type { TunnelConnection } from '../connection/tunnel-connection.ts'
import type { Watch } from '../watch.ts'

interface Update {
  readonly connection: TunnelConnection
  readonly policy: EdgePolicy
}

export interface UpdateParts {
  readonly tenure: Tenure
  readonly presence: Presence
  readonly book: PolicyBook
  readonly connections: HomeConnections
  readonly subscribers: Subscribers
  readonly watch: Watch
}

/** Keeps each policy that home sends, acknowledges it, and ends what it no longer allows. */
export class PolicyUpdates {
  readonly #parts: UpdateParts
  readonly #pace = new PolicyPace<Update>((update) => this.#keep(update))
  /** When members are ended that home has not ended itself, milliseconds since 1970. */
  #disownAt = Infinity

  constructor(parts: UpdateParts) {
    this.#parts = parts
  }

  /** @param now milliseconds since 1970 */
  take(update: Update, now: number): void {
    this.#pace.take(update, now)
  }

  /** Ends the members whose grace is over. @param now milliseconds since 1970 */
  endDisowned(now: number): void {
    if (now < this.#disownAt) return
    this.#disownAt = Infinity
    const { subscribers, book } = this.#parts
    subscribers.disown((tokenId) => book.disowns(tokenId, now))
  }

  /** There are members whose grace is not over. */
  get anyDue(): boolean {
    return this.#disownAt !== Infinity
  }

  #keep({ connection, policy }: Update): void {
    const { tenure, presence, book, connections, subscribers, watch } = this.#parts
    // It may have been replaced while its policy waited. The last generation that was accepted counts, not the one that serves.
    if (tenure.over || connection.generation !== presence.generation) return
    const now = Date.now()
    if (!book.keep(policy, now)) return
    // Held back by the output gate until the policy is on disk.
    connection.streams.ackPolicy(policy.version)
    connections.revoke((tokenId) => book.disowns(tokenId, now), now)
    if (subscribers.size === 0) return
    // Home has a last word for each of them, which may come behind the policy.
    this.#disownAt = now + REVOKED_GRACE_MS
    watch.keep()
  }
}
