/** How fast somebody may go on. */
export interface Rate {
  readonly perSecond: number
  /** At once, after a pause. */
  readonly burst: number
}

interface Bucket {
  tokens: number
  /** When that was so, milliseconds. */
  at: number
}

/** Sums of fractions fall short of the whole by some ulps. */
const EPSILON = 1e-9

/**
 * Token buckets by key, all of one rate. A bucket is made full and fills with time alone: one that nobody
 * uses costs no timer, and once full it is worth no memory either.
 */
export class RateBuckets {
  readonly #buckets = new Map<string, Bucket>()
  readonly #max: number

  /** @param max keys remembered at once; above it those are forgotten first that are full, or nearest to it */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes one token.
   * @param now milliseconds of any one clock
   * @returns 0, or the whole seconds (1 at least) after which there will be one
   */
  take(key: string, rate: Rate, now: number): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#max) this.#makeRoom(rate, now)
      this.#buckets.set(key, { tokens: rate.burst - 1, at: now })
      return 0
    }
    bucket.tokens = filled(bucket, rate, now)
    bucket.at = now
    if (bucket.tokens >= 1 - EPSILON) {
      bucket.tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil((1 - bucket.tokens) / rate.perSecond - EPSILON))
  }

  /** A quarter at once, so that a flood of new keys does not sort the others at each of them. */
  #makeRoom(rate: Rate, now: number): void {
    const missing = [...this.#buckets].map(
      ([key, bucket]) => [key, rate.burst - filled(bucket, rate, now)] as const,
    )
    missing.sort(([, one], [, other]) => one - other)
    const enough = Math.ceil(this.#max / 4)
    for (const [index, [key, tokens]] of missing.entries()) {
      if (index >= enough && tokens > 0) return
      this.#buckets.delete(key)
    }
  }
}

function filled({ tokens, at }: Bucket, { perSecond, burst }: Rate, now: number): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1000)
}
