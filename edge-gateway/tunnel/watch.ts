import { logFault } from '../deployment/log-fault.ts'
import type { TrafficCounts } from './traffic-counts.ts'

/** How often it looks, while there is anything to watch. */
const WATCH_MS = 1_000
/** How soon after traffic it sees whether anything is left to watch: long enough for a burst to share one timer. */
const SETTLE_MS = 10

export interface Watched {
  /** Ends what is overdue. */
  look(): void
  /** Puts away what a sleep must not lose. Returns whether anything has to be looked at later. */
  settle(): boolean
  /** Called after each of them, however it went. */
  after(): void
}

/**
 * Looks again and again at what has a time, while anything has. A pending timer keeps the object awake, and you pay for
 * that: soon after the last request there is none.
 */
export class Watch {
  readonly #watched: Watched
  readonly #counts: TrafficCounts
  #settling: ReturnType<typeof setTimeout> | undefined
  #looking: ReturnType<typeof setTimeout> | undefined
  /** Up to when the time awake is counted, milliseconds since 1970. */
  #countedTo = 0

  constructor(watched: Watched, counts: TrafficCounts) {
    this.#watched = watched
    this.#counts = counts
  }

  /** The object cannot sleep. */
  get running(): boolean {
    return this.#settling !== undefined || this.#looking !== undefined
  }

  /** There was traffic: there may be something to watch, or nothing any more. */
  keep(): void {
    if (this.#settling !== undefined) return
    if (this.#looking === undefined) this.#countedTo = Date.now()
    this.#settling = setTimeout(() => this.#settle(), SETTLE_MS)
  }

  #settle(): void {
    this.#settling = undefined
    this.#goOn(() => this.#watched.settle())
  }

  #look(): void {
    this.#looking = undefined
    this.#goOn(() => {
      this.#watched.look()
      return this.#watched.settle()
    })
  }

  /** If it fails, it looks again as long as anything must be watched. */
  #goOn(step: () => boolean): void {
    this.#count()
    let busy = true
    try {
      busy = step()
    } catch (error) {
      this.#counts.add('faults')
      logFault('watch', error)
    }
    if (busy) this.#looking ??= setTimeout(() => this.#look(), WATCH_MS)
    else if (this.#looking !== undefined) {
      clearTimeout(this.#looking)
      this.#looking = undefined
    }
    this.#watched.after()
  }

  #count(): void {
    const now = Date.now()
    this.#counts.add('awakeMs', Math.max(0, now - this.#countedTo))
    this.#countedTo = now
  }
}
