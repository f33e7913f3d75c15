import type { ProblemError } from '../../problem/problem-error.ts'
import {
  isDatabaseError,
  meaningOf,
  problemFrom,
  type StoreTrouble,
  troubleFrom,
} from './store-trouble.ts'

/** Called for each change: what is wrong now, or undefined once it has passed. */
export type TroubleListener = (trouble: StoreTrouble | undefined) => void

/** What is wrong with the store, if anything: the worst trouble met. */
export class StoreState {
  readonly #told: TroubleListener
  #lasting: StoreTrouble | undefined
  #passing: StoreTrouble | undefined

  constructor(told: TroubleListener) {
    this.#told = told
  }

  get trouble(): StoreTrouble | undefined {
    if (this.#lasting?.stopsWrites === true) return this.#lasting
    return this.#passing ?? this.#lasting
  }

  /** A trouble that stays until somebody acts, and stops all writes. */
  get end(): StoreTrouble | undefined {
    return this.#lasting?.stopsWrites === true ? this.#lasting : undefined
  }

  /** A trouble that may pass by itself. */
  get passing(): StoreTrouble | undefined {
    return this.#passing
  }

  /** Notes a trouble. The first of a kind stays; one that stops writes replaces one that does not. */
  meet(trouble: StoreTrouble): StoreTrouble {
    const known = trouble.passes ? this.#passing : this.#lasting
    if (known?.code === trouble.code && known.stopsWrites === trouble.stopsWrites) {
      return trouble.passes ? known : trouble
    }
    if (known?.stopsWrites === true && !trouble.passes) return trouble
    if (trouble.passes) this.#passing = trouble
    else this.#lasting = trouble
    this.#told(this.trouble)
    return trouble
  }

  /** Adds to the lasting trouble, for example where something was saved. */
  tellOwner(owner: NonNullable<StoreTrouble['owner']>): void {
    if (this.#lasting === undefined) return
    this.#lasting = { ...this.#lasting, owner }
    this.#told(this.trouble)
  }

  /** A write succeeded: a passing trouble has passed. */
  wrote(): void {
    if (this.#passing === undefined) return
    this.#passing = undefined
    this.#told(this.trouble)
  }

  /**
   * The refusal for an error of SQLite; the error itself if it says nothing about the store. A read that finds the
   * store locked does not stop writes: the next one may succeed.
   */
  refusal(error: unknown, met: 'reading' | 'writing'): ProblemError | unknown {
    const code = meaningOf(error)
    if (code === undefined || !isDatabaseError(error)) return error
    const trouble = troubleFrom(code, error)
    if (met === 'reading' && code === 'STORE_BUSY') return problemFrom(trouble)
    return problemFrom(this.meet(trouble))
  }
}
