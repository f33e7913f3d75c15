import { DAEMON_LIMITS } from '../config/limits.ts'
import { isFatalStoreError } from './store-error.ts'
import type { AppendResult } from './transactor.ts'

/** One caller's append inside a shared transaction: it returns its result or throws its own refusal. */
export type AppendStep<Transactor> = (tx: Transactor) => AppendResult

interface Waiting<Transactor> {
  readonly step: AppendStep<Transactor>
  resolve(result: AppendResult): void
  reject(error: unknown): void
}

/**
 * Gathers the appends of one turn of the event loop into one transaction, so that they share one flush to
 * disk, and answers each caller only after the commit. A refused append does not fail the others: it
 * is thrown before anything of it is written.
 */
export class GroupCommit<Transactor> {
  readonly #transact: <Result>(work: (tx: Transactor) => Result) => Result
  #waiting: Waiting<Transactor>[] = []
  #scheduled = false

  /** `transact` runs its work in one transaction, and throws if that was rolled back. */
  constructor(transact: <Result>(work: (tx: Transactor) => Result) => Result) {
    this.#transact = transact
  }

  append(step: AppendStep<Transactor>): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#next())
    })
  }

  /** Commits what waits now, for a store that closes. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#take())
  }

  #next(): void {
    this.#commit(this.#take())
    this.#scheduled = this.#waiting.length > 0
    // Other work of the loop gets its turn between two full transactions.
    if (this.#scheduled) setImmediate(() => this.#next())
  }

  #take(): readonly Waiting<Transactor>[] {
    return this.#waiting.splice(0, DAEMON_LIMITS.commitRecords)
  }

  #commit(batch: readonly Waiting<Transactor>[]): void {
    if (batch.length === 0) return
    const answers: (() => void)[] = []
    try {
      this.#transact((tx) => {
        for (const { step, resolve, reject } of batch) {
          try {
            const result = step(tx)
            answers.push(() => resolve(result))
          } catch (error) {
            if (isDatabaseError(error)) throw error
            answers.push(() => reject(error))
          }
        }
      })
    } catch (error) {
      return this.#rolledBack(batch, error)
    }
    for (const answer of answers) answer()
  }

  /** A statement failed part-way: nothing of the batch is kept. Each gets a transaction of its own. */
  #rolledBack(batch: readonly Waiting<Transactor>[], error: unknown): void {
    const [only] = batch
    if (batch.length === 1 || isFatalStoreError(error) || !isDatabaseError(error)) {
      for (const { reject } of batch) reject(error)
    } else if (only !== undefined) {
      for (const one of batch) this.#commit([one])
    }
  }
}

/** SQLite's own errors leave a half-done step behind; refusals of ours do not. */
function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqliteError'
}
