import { randomBytes } from 'node:crypto'
import { REQUEST_LIMITS } from './limits.ts'
import type { RequestLine } from './request-line.ts'

/** Halves in place of zeros where fractions will come: so the engine gives them their form at once. */
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
 * The newest request lines, in memory alone. Readers keep a place and no copy: one that is slow costs nothing,
 * and is told how many lines it has missed.
 */
export class RequestLog {
  /** Tells the log of this process from the one before it, whose places mean nothing here. */
  readonly epoch = randomBytes(6).toString('hex')
  readonly #size: number
  /** Made once and written over: objects that are made anew and kept would cost a small request most of its log. */
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

  /** Place of the oldest line that is kept. */
  get oldest(): number {
    return Math.max(1, this.#head - this.#size + 1)
  }

  /** The line at a place; undefined where there is none yet, or no longer. */
  at(seq: number): RequestLine | undefined {
    if (seq < this.oldest || seq > this.#head) return undefined
    const kept = this.#lines[(seq - 1) % this.#size]
    return kept && { ...kept }
  }

  /** Calls back once with the next line. Returns the way to stop waiting. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => {
      this.#waiting.delete(wake)
    }
  }
}
