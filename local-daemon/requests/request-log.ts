import { randomBytes } from 'node:crypto'
import { DAEMON_LIMITS } from '../config/limits.ts'
import type { RequestLine } from './request-line.ts'

/**
 * The newest request lines, in memory alone. Readers keep a place and no copy: one that is slow costs nothing,
 * and is told how many lines it has missed.
 */
export class RequestLog {
  /** Tells the log of this process from the one before it, whose places mean nothing here. */
  readonly epoch = randomBytes(6).toString('hex')
  readonly #lines: RequestLine[] = []
  readonly #size: number
  readonly #waiting = new Set<() => void>()
  #head = 0

  /** @param size most lines that are kept */
  constructor(size: number = DAEMON_LIMITS.requestLogLines) {
    this.#size = size
  }

  /** Place of the newest line; 0 before the first. */
  get head(): number {
    return this.#head
  }

  add(line: RequestLine): void {
    this.#lines[this.#head % this.#size] = line
    this.#head += 1
    if (this.#waiting.size === 0) return
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Place of the oldest line that is kept. */
  get oldest(): number {
    return Math.max(1, this.#head - this.#size + 1)
  }

  /** The line at a place; undefined where there is none yet, or no longer. */
  at(seq: number): RequestLine | undefined {
    if (seq < this.oldest || seq > this.#head) return undefined
    return this.#lines[(seq - 1) % this.#size]
  }

  /** Calls back once with the next line. Returns the way to stop waiting. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => void this.#waiting.delete(wake)
  }
}
