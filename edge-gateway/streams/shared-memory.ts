/** What the subscribers of one Worker have not taken yet, counted together: they share its memory. */
export class SharedMemory {
  readonly #most: number
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** One subscriber's part of it. */
  share(): { holds(bytes: number): void; fits(bytes: number): boolean } {
    let counted = 0
    return {
      /** Notes how much waits for it now. */
      holds: (bytes) => {
        this.#bytes += bytes - counted
        counted = bytes
      },
      /** Whether it may have this many bytes waiting. */
      fits: (bytes) => this.#bytes - counted + bytes <= this.#most,
    }
  }
}
