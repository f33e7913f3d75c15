import { LIMITS } from '../../../protocol/limits.ts'
import { type Holder, Shares } from '../../../protocol/multiplexer/shares.ts'

/** The places for bridges, shared fairly between those who hold them. Bridges that wait for home have one too. */
export class BridgePlaces {
  readonly #places = new Shares(LIMITS.subscribers)
  readonly #holders = new Map<WebSocket, string>()

  /** Whether this holder has no place left. */
  full(holder: Holder): boolean {
    return this.#places.room(holder) === 0
  }

  /** The key of the holder; empty for a bridge without a place. */
  holderOf(bridge: WebSocket): string {
    return this.#holders.get(bridge) ?? ''
  }

  /** Nothing changes for a bridge that has one. @param holder its key */
  take(bridge: WebSocket, holder: string): void {
    if (this.#holders.has(bridge)) return
    this.#holders.set(bridge, holder)
    this.#places.take(holder)
  }

  give(bridge: WebSocket): void {
    const holder = this.#holders.get(bridge)
    if (holder === undefined) return
    this.#holders.delete(bridge)
    this.#places.give(holder)
  }
}
