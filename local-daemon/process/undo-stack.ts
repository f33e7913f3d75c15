import type { MaybePromise } from '../../protocol/maybe-promise.ts'

/** Steps to undo, the last first. (Node 22 has no AsyncDisposableStack.) */
export class UndoStack {
  readonly #steps: (() => MaybePromise<void>)[] = []

  defer(step: () => MaybePromise<void>): void {
    this.#steps.push(step)
  }

  /** Runs every step once, also after a failed one, and then throws the first failure. */
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
