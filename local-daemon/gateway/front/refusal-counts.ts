import { PROBLEM_STATUS, type ProblemCode } from '../../../protocol/http/problem.ts'

/** How often a code was answered. */
export interface RefusalCount {
  readonly count: number
  /** When it was last answered, Unix time in milliseconds. */
  readonly last_at: number
}

/** What the gateway has refused since its start, by code. */
export interface Refusals {
  /** Unix time, milliseconds. */
  readonly since: number
  readonly by_code: Readonly<Record<string, RefusalCount>>
}

/** Counts refusals by code. It keeps nothing of a request, and at most one number per code. */
export class RefusalCounts {
  readonly #since = Date.now()
  readonly #counts = new Map<string, { count: number; last_at: number }>()
  /** Whether something was counted since the last report. */
  changed = true

  note(code: string): void {
    if (!isCode(code)) return
    const entry = this.#counts.get(code)
    if (entry === undefined) this.#counts.set(code, { count: 1, last_at: Date.now() })
    else {
      entry.count += 1
      entry.last_at = Date.now()
    }
    this.changed = true
  }

  report(): Refusals {
    this.changed = false
    return { since: this.#since, by_code: Object.fromEntries(this.#counts) }
  }
}

function isCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEM_STATUS, text)
}
