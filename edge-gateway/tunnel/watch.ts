import { logFault } from '../deployment/log-fault.ts'
import type { TrafficCounts } from './traffic-counts.ts'

/** How often it looks, while there is anything to watch. A pending timer keeps the object awake, so only then. */
const WATCH_MS = 1_000

/** Looks again and again at what has a time, while anything has. */
export class Watch {
  readonly #look: () => boolean
  readonly #after: () => void
  readonly #counts: TrafficCounts
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param look whether to look again
   * @param after called after each look, however it went
   */
  constructor(look: () => boolean, after: () => void, counts: TrafficCounts) {
    this.#look = look
    this.#after = after
    this.#counts = counts
  }

  /** The object cannot sleep. */
  get running(): boolean {
    return this.#timer !== undefined
  }

  keep(): void {
    this.#timer ??= setTimeout(() => this.#tick(), WATCH_MS)
  }

  /** If it fails, it looks again as long as anything must be watched. */
  #tick(): void {
    this.#timer = undefined
    this.#counts.add('watchTicks')
    try {
      if (this.#look()) this.keep()
    } catch (error) {
      this.#counts.add('faults')
      logFault('watch', error)
      this.keep()
    }
    this.#after()
  }
}
