/** What has to be undone, the last first. (AsyncDisposableStack is not in Node 22.) */
export class UndoStack {
  readonly #steps: (() => void | Promise<void>)[] = []

  defer(step: () => void | Promise<void>): void {
    this.#steps.push(step)
  }

  /** Runs every step once, also after one that failed, and throws the first failure then. */
  async unwind(): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
