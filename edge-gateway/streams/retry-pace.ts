/** Between two tries: at first, and at most, milliseconds. */
const RETRY_FIRST_MS = 100
const RETRY_MAX_MS = 5_000
/** A bridge lost sooner counts as a failed try: home may cut each one, and must not be asked in a loop. */
const STEADY_MS = 1_000

/** How long a stream waits before it asks again: longer with each try that failed in a row. */
export class RetryPace {
  #failures = 0

  get failing(): boolean {
    return this.#failures > 0
  }

  failed(): void {
    this.#failures += 1
  }

  worked(): void {
    this.#failures = 0
  }

  /** A bridge was lost. @param since when it began, milliseconds since 1970 */
  lost(since: number): void {
    if (Date.now() - since < STEADY_MS) this.failed()
  }

  /** A bridge brought something. @param since when it began, milliseconds since 1970 */
  brought(since: number): void {
    if (Date.now() - since >= STEADY_MS) this.worked()
  }

  /** Before the next try, milliseconds: random, so that many streams do not ask together. */
  get pauseMs(): number {
    const most = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures, 10))
    return most * (0.5 + 0.5 * Math.random())
  }
}
