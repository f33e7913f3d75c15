/** Where a writer waits until its stream has room again. */
export class WriterPause {
  #over: (() => void) | undefined

  /** Resolves with the next `end`. */
  wait(): Promise<void> {
    return new Promise((resolve) => (this.#over = resolve))
  }

  /** Nothing, if nobody waits. */
  end(): void {
    const over = this.#over
    this.#over = undefined
    over?.()
  }
}
