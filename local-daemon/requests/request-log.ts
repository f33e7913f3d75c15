import { randomBytes } from 'node:crypto'
import { REQUEST_LIMITS } from './limits.ts'
import type { RequestLine } from './request-line.ts'

/** Halves instead of zeros for future fractions, so that the engine stores these fields as doubles from the start. */
const EMPTY: RequestLine = {
  time: 0.5,
  request_id: '',
  via: 'socket',
  method: '',
  path: '',
  route: '',
  status: 0,
  outcome: 'whole',
  duration_ms: 0.5,
  bytes_in: 0,
  bytes_out: 0,
  account: '',
  actor: null,
}

/**
 * The newest request lines, only in memory. Readers keep a place and no copy: a slow one costs nothing,
 * and learns how many lines it has missed.
 */
export class RequestLog {
  /** Distinguishes the log of this process from the one before, whose places mean nothing here. */
  readonly epoch = randomBytes(6).toString('hex')
  readonly #size: number
  /** Made once and overwritten: a new object per line would be most of the log's cost for a small request. */
  readonly #lines: { -readonly [Field in keyof RequestLine]: RequestLine[Field] }[]
  readonly #waiting = new Set<() => void>()
  #head = 0

  /** @param size most lines that are kept */
  constructor(size: number = REQUEST_LIMITS.requestLogLines) {
    this.#size = size
    this.#lines = Array.from({ length: size }, () => ({ ...EMPTY }))
  }

  /** Place of the newest line; 0 before the first. */
  get head(): number {
    return this.#head
  }

  add(line: RequestLine): void {
    const kept = this.#lines[this.#head % this.#size] ?? { ...EMPTY }
    kept.time = line.time
    kept.request_id = line.request_id
    kept.via = line.via
    kept.method = line.method
    kept.path = line.path
    kept.route = line.route
    kept.status = line.status
    kept.outcome = line.outcome
    kept.duration_ms = line.duration_ms
    kept.bytes_in = line.bytes_in
    kept.bytes_out = line.bytes_out
    kept.account = line.account
    kept.actor = line.actor
    this.#head += 1
    if (this.#waiting.size === 0) return
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Place of the oldest kept line. */
  get oldest(): number {
    return Math.max(1, this.#head - this.#size + 1)
  }

  /** The line at a place; undefined if there is none yet, or no longer. */
  at(seq: number): RequestLine | undefined {
    if (seq < this.oldest || seq > this.#head) return undefined
    const kept = this.#lines[(seq - 1) % this.#size]
    return kept && { ...kept }
  }

  /** Calls back once with the next line. Returns a function that stops waiting. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => {
      this.#waiting.delete(wake)
    }
  }
}
