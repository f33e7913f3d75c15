/** A wait that can be cut short. It keeps no process alive. */
export class Pause {
  #timer: NodeJS.Timeout | undefined
  #resolve: (() => void) | undefined
  #isOver = false

  /** One at a time. @param ms of no length once it is over for good */
  wait(ms: number): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#timer = setTimeout(resolve, ms)
      this.#timer.unref()
    })
  }

  /** Ends the present one. */
  cut(): void {
    clearTimeout(this.#timer)
    this.#resolve?.()
  }

  /** Ends the present one, and all to come. */
  end(): void {
    this.#isOver = true
    this.cut()
  }
}
