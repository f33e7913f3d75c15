import { LIMITS } from '../limits.ts'
import { type Holder, Shares } from './shares.ts'

/**
 * What the streams' windows promise the other side beyond the smallest window, which is reserved for every slot. All
 * promises together stay so far below the connection's credit that a stream always reaches its own window first. So
 * streams that nobody reads may fill their windows, and the others still have credit. The growth is shared fairly
 * between the holders.
 */
export class WindowBudget {
  #promised = 0
  readonly #shares = new Shares(TOTAL)

  get promised(): number {
    return this.#promised
  }

  /** By how much windows may still grow: of all together, or of this holder's streams. */
  spare(holder?: Holder): number {
    const left = TOTAL - this.#promised
    return holder === undefined ? left : Math.min(left, this.#shares.room(holder))
  }

  add(window: number, holder?: Holder): void {
    this.#promised += cost(window)
    if (holder !== undefined) this.#shares.take(holder.key, cost(window))
  }

  remove(window: number, holder?: Holder): void {
    this.#promised -= cost(window)
    if (holder !== undefined) this.#shares.give(holder.key, cost(window))
  }

  clear(): void {
    this.#promised = 0
    this.#shares.clear()
  }
}

const TOTAL =
  LIMITS.connectionWindow -
  LIMITS.connectionGrantStep -
  LIMITS.concurrentStreams * LIMITS.streamWindowMin

/** A stream that receives nothing has a window of 0. */
function cost(window: number): number {
  return Math.max(0, window - LIMITS.streamWindowMin)
}
