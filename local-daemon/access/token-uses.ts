import { detach } from '../../protocol/detach.ts'
import { ACCESS_LIMITS } from './limits.ts'
import type { Store } from '../store/open-store.ts'
import { nowSeconds } from './accounts.ts'

/**
 * When each token was last used, exact to `ACCESS_LIMITS.tokenUseMs`. That bounds the writes, however often a token is
 * used, and many tokens share one write.
 */
export class TokenUses {
  readonly #store: Store
  /** When a use was last stored, by token; milliseconds of the monotonic clock. */
  readonly #stored = new Map<string, number>()
  readonly #due = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Notes a use now. */
  note(tokenId: string): void {
    const now = performance.now()
    const before = this.#stored.get(tokenId)
    if (before !== undefined && now - before < ACCESS_LIMITS.tokenUseMs) return
    if (this.#stored.size >= ACCESS_LIMITS.tokenUses) this.#stored.clear()
    this.#stored.set(tokenId, now)
    this.#due.set(tokenId, nowSeconds())
    this.#timer ??= setTimeout(
      () => detach(this.write(), () => {}),
      ACCESS_LIMITS.tokenUseWriteMs,
    ).unref()
  }

  /** Stores what is due. If that fails, the time is dropped: the next use brings another. */
  async write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const due = [...this.#due]
    this.#due.clear()
    if (due.length === 0) return
    try {
      await this.#store.transact((tx) => {
        for (const [tokenId, usedAt] of due) tx.tables.touchToken.run(tokenId, usedAt)
      })
    } catch {
      for (const [tokenId] of due) this.#stored.delete(tokenId)
    }
  }
}
