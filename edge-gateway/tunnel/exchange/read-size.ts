/** What an upload reads with until it shows that it is a bulk one, bytes. */
const SMALL_BYTES = 16 * 1024
/** Large reads are what makes bulk uploads fast: fewer turns for the same bytes (three times, measured). */
const LARGE_BYTES = 256 * 1024
/** Uploads that may read large at once, in this isolate: with a buffer each, 8 MiB together. */
const LARGE_MAX = 32

let large = 0

/**
 * How much an upload reads at a time. A buffer is held for as long as a read waits, so an upload that
 * trickles or stalls must hold a small one, and a thousand of them must not add up.
 */
export class ReadSize {
  #large = false

  get bytes(): number {
    return this.#large ? LARGE_BYTES : SMALL_BYTES
  }

  /** A read brought so many bytes. */
  brought(bytes: number): void {
    if (this.#large && bytes < SMALL_BYTES) this.release()
    else if (!this.#large && bytes === SMALL_BYTES && large < LARGE_MAX) {
      this.#large = true
      large += 1
    }
  }

  /** The upload is over, or no bulk one any more. May be called again. */
  release(): void {
    if (this.#large) large -= 1
    this.#large = false
  }
}
