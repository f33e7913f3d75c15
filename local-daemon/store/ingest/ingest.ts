import { STORE_LIMITS } from '../limits.ts'
import type { Store } from '../open-store.ts'
import type { ProofPool } from '../proofs/proof-pool.ts'
import type { LocalOrigin } from '../transactor.ts'
import { BatchSteps, type Step } from './batch-steps.ts'
import type { Entry, Outcome } from './entry.ts'
import { StepRunner } from './run-steps.ts'

export interface IngestParts {
  readonly store: Pick<Store, 'known' | 'lastClock' | 'transactBulk'>
  readonly proofs: Pick<ProofPool, 'run'>
  readonly origin: LocalOrigin
  /** Asked before each transaction: throws if the sender may write no more. */
  readonly mayGoOn: () => void
  /** A trial: all is done as without, in transactions that are rolled back. */
  readonly isTrial?: boolean
}

interface Batch {
  readonly number: number
  readonly entries: Entry[]
  bytes: number
  /** Resolves once its signatures are made and verified; undefined: it is open for lines. */
  proved: Promise<void> | undefined
  /** What its transactions have to do still, once it is proved. */
  steps: readonly Step[] | undefined
}

/**
 * Lines of a bulk append on their way into the store, in batches: dedupe → signatures on other threads → transactions. While
 * some are written, the next ones are verified. A transaction takes what is verified, as far as its time goes: the end of a
 * batch means nothing to it. Outcomes come in the order of lines, and only once they are durable.
 *
 * A line is refused alone. What is wrong with the store ends the whole: nothing of the transaction that it hits is kept.
 */
export class Ingest {
  readonly #parts: IngestParts
  readonly #steps: BatchSteps
  readonly #runner: StepRunner
  readonly #batches: Batch[] = []
  #number = 0
  #ended = false
  #failed: { readonly error: unknown } | undefined
  #changed: (() => void)[] = []

  constructor(parts: IngestParts) {
    this.#parts = parts
    this.#steps = new BatchSteps(parts)
    this.#runner = new StepRunner(parts.isTrial ?? false)
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
    if (first !== undefined && first.proved === undefined) this.#begin(first)
  }

  /** There are no more lines. */
  end(): void {
    this.#ended = true
    const last = this.#batches.at(-1)
    if (last !== undefined && last.proved === undefined) this.#begin(last)
    this.#tell()
  }

  /** There are no more lines, because of an error that comes after the outcomes of those before. */
  fail(error: unknown): void {
    this.#failed = { error }
    this.end()
  }

  /** The same, without the lines that wait: they have no outcome. */
  drop(error: unknown): void {
    this.#batches.length = 0
    this.fail(error)
  }

  /**
   * Writes the next lines, and returns their outcomes; undefined: there are no more. Rejects with what ended it, `ProblemError`
   * or what `fail` was given. To be called again only after it has resolved.
   */
  async next(): Promise<readonly Outcome[] | undefined> {
    await this.#begun()
    const [batch] = this.#batches
    if (batch === undefined) {
      if (this.#failed !== undefined) throw this.#failed.error
      return undefined
    }
    await batch.proved
    await this.#together()
    this.#parts.mayGoOn()
    const outcomes = this.#parts.isTrial
      ? await this.#try(batch.steps ?? [])
      : await this.#write(this.#proved())
    this.#forget(outcomes.length)
    this.pause()
    this.#tell()
    return outcomes
  }

  /** Waits for batches whose signatures are under way, as many as are written together. */
  async #together(): Promise<void> {
    // What is wrong with one of them is told after the outcomes of those before.
    for (let n = 1; n < STORE_LIMITS.ingestTogether; n += 1) {
      await this.#batches[n]?.proved?.catch(() => {})
    }
  }

  /** Those of the batches at the front that are proved. */
  #proved(): readonly Step[] {
    const open = this.#batches.findIndex(({ steps }) => steps === undefined)
    const proved = open === -1 ? this.#batches : this.#batches.slice(0, open)
    return proved.flatMap(({ steps }) => steps ?? [])
  }

  /** So many lines have their outcome. */
  #forget(lines: number): void {
    let left = lines
    for (let [batch] = this.#batches; batch !== undefined; [batch] = this.#batches) {
      const { steps } = batch
      if (steps === undefined || left === 0) return
      if (left < steps.length) {
        batch.steps = steps.slice(left)
        return
      }
      left -= steps.length
      this.#batches.shift()
      this.#steps.written(batch.number)
    }
  }

  #begun(): Promise<void> | undefined {
    const isReady = this.#batches[0]?.proved !== undefined
    if (isReady || (this.#ended && this.#batches.length === 0)) return undefined
    return this.#change(() => this.#begun())
  }

  #openBatch(): Batch {
    const last = this.#batches.at(-1)
    if (last !== undefined && last.proved === undefined) return last
    this.#number += 1
    const batch: Batch = {
      number: this.#number,
      entries: [],
      bytes: 0,
      proved: undefined,
      steps: undefined,
    }
    this.#batches.push(batch)
    return batch
  }

  #begin(batch: Batch): void {
    batch.proved = this.#prove(batch)
    // Whoever writes the batch is told; nobody else must be.
    batch.proved.catch(() => {})
    this.#tell()
  }

  async #prove(batch: Batch): Promise<void> {
    batch.steps = await this.#steps.make(batch.entries, batch.number)
  }

  #write(steps: readonly Step[]): Promise<readonly Outcome[]> {
    if (steps.every((step) => !('run' in step) && step.outcome === 'duplicate'))
      return Promise.resolve(steps as Outcome[])
    return this.#parts.store.transactBulk((tx, isOver) => this.#runner.run(steps, tx, isOver))
  }

  async #try(steps: readonly Step[]): Promise<readonly Outcome[]> {
    let outcomes: readonly Outcome[] = []
    const over = new Error('the trial is over')
    try {
      await this.#parts.store.transactBulk((tx, isOver) => {
        outcomes = this.#runner.run(steps, tx, isOver)
        throw over
      })
    } catch (error) {
      if (error !== over) throw error
    }
    return outcomes
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
