import { type RecordDraft, type SealedRecord, sealRecord } from '../draft.ts'

/** The next clock of a thread and actor, as far as batches have taken clocks that are not committed. */
interface Taken {
  readonly next: number
  readonly batch: number
}

/**
 * Seals drafts before their transaction, so that they can be signed outside of it. A draft without a clock gets the one that
 * it will probably have; the transaction finds out if another writer was faster.
 */
export class SealAhead {
  readonly #lastClock: (thread: string, actor: string) => number
  readonly #taken = new Map<string, Taken>()

  /** @param lastClock the highest one in the store, -1 if there is none */
  constructor(lastClock: (thread: string, actor: string) => number) {
    this.#lastClock = lastClock
  }

  /** Undefined where no clock is left: the transaction says so. */
  seal(draft: RecordDraft, batch: number): SealedRecord | undefined {
    const { thread, actor } = draft
    const key = `${thread} ${actor}`
    const clock = draft.clock ?? this.#taken.get(key)?.next ?? this.#lastClock(thread, actor) + 1
    if (!Number.isSafeInteger(clock)) return undefined
    const next = Math.max(clock + 1, this.#taken.get(key)?.next ?? 0)
    if (draft.clock === undefined || this.#taken.has(key)) this.#taken.set(key, { next, batch })
    return sealRecord({ ...draft, clock })
  }

  /** Forgets what a batch took: it is in the store now, or refused. */
  written(batch: number): void {
    for (const [key, taken] of this.#taken) if (taken.batch <= batch) this.#taken.delete(key)
  }
}
