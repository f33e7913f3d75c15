import { LIMITS } from './limits.ts'

/**
 * What the streams' windows promise the other side beyond the least window, which is set aside for
 * every slot beforehand. All promises together stay so far below the connection's credit that a
 * stream's own window always binds first: streams that nobody reads may fill their windows, and the
 * others, and those still to come, have credit all the same.
 */
export class WindowBudget {
  #promised = 0

  get promised(): number {
    return this.#promised
  }

  /** By how much windows may still grow. */
  get spare(): number {
    return TOTAL - this.#promised
  }

  add(window: number): void {
    this.#promised += cost(window)
  }

  remove(window: number): void {
    this.#promised -= cost(window)
  }

  clear(): void {
    this.#promised = 0
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
