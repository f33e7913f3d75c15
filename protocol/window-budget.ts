import { LIMITS } from './limits.ts'
import type { Role } from './multiplexer-events.ts'

/**
 * The sum of what the streams' windows promise the other side. It stays so far below the connection's
 * credit that a stream's own window always binds first: streams that nobody reads may fill their
 * windows, and the others still have credit.
 */
export class WindowBudget {
  readonly #total: number
  /** Part of every window that is not counted, because it is set aside for every slot beforehand. */
  readonly #reserved: number
  #promised = 0

  constructor(role: Role) {
    // The acceptor cannot refuse a stream its least window: the opener uses it without being asked.
    this.#reserved = role === 'opener' ? 0 : LIMITS.streamWindowMin
    this.#total =
      LIMITS.connectionWindow -
      LIMITS.connectionGrantStep -
      this.#reserved * LIMITS.concurrentStreams
  }

  get promised(): number {
    return this.#promised
  }

  /** By how much windows may still grow. */
  get spare(): number {
    return this.#total - this.#promised
  }

  add(window: number): void {
    this.#promised += this.#cost(window)
  }

  remove(window: number): void {
    this.#promised -= this.#cost(window)
  }

  clear(): void {
    this.#promised = 0
  }

  #cost(window: number): number {
    return Math.max(0, window - this.#reserved)
  }
}
