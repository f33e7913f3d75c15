import type { StoreTransactor } from '../transactor.ts'
import type { Step } from './batch-steps.ts'
import type { Outcome } from './entry.ts'
import { RefusedOpenings } from './refused-openings.ts'

/** Steps of a transaction between two looks at the clock. */
const LOOK_EVERY = 8
/** Bytes of records that a trial remembers, because they would have begun threads. */
const BEGUN_BYTES = 4 * 1024 * 1024

/** Runs what lines do, in the transaction of others, in their order. */
export class StepRunner {
  readonly #openings = new RefusedOpenings()
  readonly #isTrial: boolean
  /** Of a trial: what would have begun a thread, as each transaction of it forgets the ones before. */
  readonly #begun = new Map<string, Extract<Step, { run: unknown }>>()
  #begunBytes = 0

  constructor(isTrial: boolean) {
    this.#isTrial = isTrial
  }

  /** As far as time goes; of a trial all, as what one transaction of it does, the next does not see. */
  run(steps: readonly Step[], tx: StoreTransactor, isOver: () => boolean): readonly Outcome[] {
    const outcomes: Outcome[] = []
    for (const step of steps) {
      if (this.#isTrial) this.#beginAgain(step, tx)
      const outcome = this.#one(step, tx)
      outcomes.push(this.#isTrial ? tried(outcome) : outcome)
      if (!this.#isTrial && outcomes.length % LOOK_EVERY === 0 && isOver()) break
    }
    return outcomes
  }

  #one(step: Step, tx: StoreTransactor): Outcome {
    const { about } = step
    if (about === undefined) return 'run' in step ? step.run(tx) : step
    const isNew = this.#isTrial && tx.namespaceOf(about.thread) === undefined
    // Of a signed one the line itself says where its thread is.
    const openings = about.isSigned ? undefined : this.#openings
    const outcome = 'run' in step ? step.run(tx, (here) => openings?.refuse(here, about)) : step
    if (outcome.outcome === 'rejected') openings?.note(tx, about)
    else if (isNew && 'run' in step) this.#remember(about.thread, about.bytes, step)
    return outcome
  }

  #remember(thread: string, bytes: number, step: Extract<Step, { run: unknown }>): void {
    if (this.#begunBytes + bytes > BEGUN_BYTES) return
    this.#begunBytes += bytes
    this.#begun.set(thread, step)
  }

  #beginAgain({ about }: Step, tx: StoreTransactor): void {
    const before = about && this.#begun.get(about.thread)
    if (about === undefined || before === undefined) return
    if (tx.namespaceOf(about.thread) === undefined) before.run(tx)
  }
}

function tried(outcome: Outcome): Outcome {
  return outcome.outcome === 'accepted' ? { line: outcome.line, outcome: 'accepted' } : outcome
}
