import type { ProblemError } from '../../problem/problem-error.ts'
import {
  isDatabaseError,
  meaningOf,
  problemFrom,
  type StoreTrouble,
  troubleFrom,
} from './store-trouble.ts'

/** Told of each change: what is wrong now, or undefined once it has passed. */
export type TroubleListener = (trouble: StoreTrouble | undefined) => void

/** What is wrong with the store, if anything: the worst of what was met. */
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

  /** What stays until somebody does something, and lets nothing be written. */
  get end(): StoreTrouble | undefined {
    return this.#lasting?.stopsWrites === true ? this.#lasting : undefined
  }

  /** What may pass by itself. */
  get passing(): StoreTrouble | undefined {
    return this.#passing
  }

  /** Takes note of a trouble. The first of a kind stays; what stops writes takes the place of what does not. */
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

  /** Says more about the trouble that lasts, such as where something was saved to. */
  tellOwner(owner: NonNullable<StoreTrouble['owner']>): void {
    if (this.#lasting === undefined) return
    this.#lasting = { ...this.#lasting, owner }
    this.#told(this.trouble)
  }

  /** A write has gone well: what may pass has passed. */
  wrote(): void {
    if (this.#passing === undefined) return
    this.#passing = undefined
    this.#told(this.trouble)
  }

  /**
   * The refusal that an error of SQLite becomes; the error itself if it says nothing about the store. A read that finds the
   * store locked does not make it a store that takes nothing: the next one may go well.
   */
  refusal(error: unknown, met: 'reading' | 'writing'): ProblemError | unknown {
    const code = meaningOf(error)
    if (code === undefined || !isDatabaseError(error)) return error
    const trouble = troubleFrom(code, error)
    if (met === 'reading' && code === 'STORE_BUSY') return problemFrom(trouble)
    return problemFrom(this.meet(trouble))
  }
}
