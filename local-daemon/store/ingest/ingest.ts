import { STORE_LIMITS } from '../limits.ts'
import type { Store } from '../open-store.ts'
import type { LocalOrigin } from '../transactor.ts'
import { BatchSteps, type Step } from './batch-steps.ts'
import type { Entry, Outcome } from './entry.ts'

export interface IngestParts {
  readonly store: Pick<Store, 'known' | 'lastClock' | 'transactBulk'>
  readonly origin: LocalOrigin
  /** Asked before each transaction: throws if the sender may write no more. */
  readonly mayGoOn: () => void
  /** A trial: everything is checked that can be without writing, and nothing is written. */
  readonly isTrial?: boolean
}

interface Batch {
  readonly number: number
  readonly entries: Entry[]
  bytes: number
  /** What its transaction does, once its signatures are made and verified; undefined: it is open for lines. */
  steps: Promise<readonly Step[]> | undefined
}

/**
 * Lines of a bulk append on their way into the store, in batches: dedupe → signatures on the thread pool → one transaction. While
 * one batch is written, the next ones are verified. Outcomes come in the order of lines, and only once they are durable.
 *
 * A line is refused alone. What is wrong with the store ends the whole: nothing of the batch that it hits is kept.
 */
export class Ingest {
  readonly #parts: IngestParts
  readonly #steps: BatchSteps
  readonly #batches: Batch[] = []
  #number = 0
  #ended = false
  #failed: { readonly error: unknown } | undefined
  #changed: (() => void)[] = []

  constructor(parts: IngestParts) {
    this.#parts = parts
    this.#steps = new BatchSteps(parts.store, parts.origin, parts.isTrial)
  }

  /** Takes a line. Begins its batch if that is full. */
  add(entry: Entry): void {
    const batch = this.#openBatch()
    batch.entries.push(entry)
    batch.bytes += entry.bytes
    const { ingestRecords, ingestBytes } = STORE_LIMITS
    if (batch.entries.length >= ingestRecords || batch.bytes >= ingestBytes) this.#begin(batch)
  }

  /** Resolves when there is room for more lines, or nobody wants them; undefined: it is so. */
  room(): Promise<void> | undefined {
    return this.#ended || this.#batches.length < STORE_LIMITS.ingestAhead
      ? undefined
      : this.#change(() => this.room())
  }

  /** No further line is at hand now. */
  pause(): void {
    const [first] = this.#batches
    if (first !== undefined && first.steps === undefined) this.#begin(first)
  }

  /** There are no more lines. */
  end(): void {
    this.#ended = true
    const last = this.#batches.at(-1)
    if (last !== undefined && last.steps === undefined) this.#begin(last)
    this.#tell()
  }

  /** There are no more lines, because of an error that comes after the outcomes of those before. */
  fail(error: unknown): void {
    this.#failed = { error }
    this.end()
  }

  /**
   * Writes the next batch, and returns its outcomes; undefined: there are no more. Rejects with what ended it, `ProblemError`
   * or what `fail` was given. To be called again only after it has resolved.
   */
  async next(): Promise<readonly Outcome[] | undefined> {
    await this.#begun()
    const [batch] = this.#batches
    if (batch === undefined) {
      if (this.#failed !== undefined) throw this.#failed.error
      return undefined
    }
    const steps = await batch.steps
    this.#parts.mayGoOn()
    const outcomes = this.#parts.isTrial
      ? tried(steps ?? [], batch.entries)
      : await this.#write(steps ?? [])
    this.#steps.written(batch.number)
    this.#batches.shift()
    this.pause()
    this.#tell()
    return outcomes
  }

  #begun(): Promise<void> | undefined {
    const isReady = this.#batches[0]?.steps !== undefined
    if (isReady || (this.#ended && this.#batches.length === 0)) return undefined
    return this.#change(() => this.#begun())
  }

  #openBatch(): Batch {
    const last = this.#batches.at(-1)
    if (last !== undefined && last.steps === undefined) return last
    this.#number += 1
    const batch = { number: this.#number, entries: [], bytes: 0, steps: undefined }
    this.#batches.push(batch)
    return batch
  }

  #begin(batch: Batch): void {
    batch.steps = this.#steps.make(batch.entries, batch.number)
    // Whoever writes the batch is told; nobody else must be.
    batch.steps.catch(() => {})
    this.#tell()
  }

  #write(steps: readonly Step[]): Promise<readonly Outcome[]> {
    if (steps.every((step) => typeof step !== 'function')) return Promise.resolve(steps)
    return this.#parts.store.transactBulk((tx) =>
      steps.map((step) => (typeof step === 'function' ? step(tx) : step)),
    )
  }

  #change<Result>(then: () => Result): Promise<Awaited<Result>> {
    return new Promise<void>((resolve) => {
      this.#changed.push(resolve)
    }).then(then) as Promise<Awaited<Result>>
  }

  #tell(): void {
    const told = this.#changed
    this.#changed = []
    for (const tell of told) tell()
  }
}

/** What would be written counts as accepted: only its transaction could say more. */
function tried(steps: readonly Step[], entries: readonly Entry[]): readonly Outcome[] {
  return steps.map((step, at) =>
    typeof step === 'function' ? { line: entries[at]?.line ?? 0, outcome: 'accepted' } : step,
  )
}
