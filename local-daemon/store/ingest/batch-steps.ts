import { type Unproven, wrongSignature } from '../../../protocol/records/record-signature.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { SealedRecord } from '../draft.ts'
import type { StoreReader } from '../reader.ts'
import type { AppendResult, LocalOrigin, StoreTransactor } from '../transactor.ts'
import { isStoreFault } from '../write-queue.ts'
import type { DraftWanted, Entry, Outcome, SignedWanted } from './entry.ts'
import { SealAhead } from './seal-ahead.ts'
import { SignatureCheck } from './verify-soon.ts'

/** A line on its way: its outcome, or what its transaction does. */
export type Step = Outcome | ((tx: StoreTransactor) => Outcome)

/** Does all that a batch of lines needs before its transaction: what is known already, then signatures. */
export class BatchSteps {
  readonly #store: Pick<StoreReader, 'known'>
  readonly #origin: LocalOrigin
  readonly #isTrial: boolean
  readonly #seals: SealAhead
  readonly #signatures = new SignatureCheck()

  /** @param isTrial nothing will be written: a record that is there is a duplicate, whatever guards it */
  constructor(
    store: Pick<StoreReader, 'known' | 'lastClock'>,
    origin: LocalOrigin,
    isTrial = false,
  ) {
    this.#store = store
    this.#isTrial = isTrial
    this.#origin = origin
    this.#seals = new SealAhead((thread, actor) => store.lastClock(thread, actor))
  }

  /** Rejects with `ProblemError` `STORE_…`. @param batch counts up */
  async make(entries: readonly Entry[], batch: number): Promise<readonly Step[]> {
    const sealed = entries.map(({ wanted }) => this.#seal(wanted, batch))
    const known = this.#store.known(sealed.flatMap((one) => (one === undefined ? [] : [one.id])))
    const steps = entries.map((entry, at) => {
      const { line, wanted } = entry
      if (wanted instanceof ProblemError) return rejected(line, wanted)
      const one = sealed[at]
      const seq = one === undefined ? undefined : known.get(one.id)
      // Whether it is here already is for nobody to know who may not write it.
      const isGuarded =
        wanted.admit !== undefined ||
        (!this.#isTrial && wanted.kind === 'draft' && wanted.guard !== undefined)
      if (one !== undefined && seq !== undefined && !isGuarded) {
        return { line, outcome: 'duplicate' as const, id: one.id, seq }
      }
      if (wanted.kind === 'signed') return this.#verified(line, wanted)
      return this.#signed(line, wanted, one as SealedRecord | undefined)
    })
    return Promise.all(steps)
  }

  /** A batch was written. */
  written(batch: number): void {
    this.#seals.written(batch)
  }

  #seal(wanted: Entry['wanted'], batch: number): SealedRecord | Unproven | undefined {
    if (wanted instanceof ProblemError) return undefined
    return wanted.kind === 'signed' ? wanted.claim : this.#seals.seal(wanted.draft, batch)
  }

  async #verified(line: number, { claim, admit }: SignedWanted): Promise<Step> {
    const { id, record, preimage, origin, signature } = claim
    if (!(await this.#signatures.holds(claim))) {
      const { field, message } = wrongSignature()
      const next = 'Ask whoever exported it for this record again.'
      return rejected(
        line,
        new ProblemError('INVALID_RECORD', `${field} ${message}`, { field, try: next }),
        id,
      )
    }
    const sig = Buffer.from(signature)
    return (tx) =>
      settled(line, id, () => {
        admit?.(tx)
        return tx.admit({ sealed: { id, record, preimage }, origin, sig })
      })
  }

  async #signed(line: number, wanted: DraftWanted, ahead: SealedRecord | undefined): Promise<Step> {
    const { draft, admit, guard, also } = wanted
    const sig = ahead && (await this.#origin.signSoon(Buffer.from(ahead.preimage)))
    const append = (tx: StoreTransactor): AppendResult => {
      if (ahead === undefined || sig === undefined) return tx.append(draft)
      if (draft.clock !== undefined) return tx.append(ahead, sig)
      // Another writer may have taken the clock that was guessed.
      const isFree = tx.lastClock(draft.thread, draft.actor) < ahead.record.clock
      return isFree ? tx.append(ahead, sig) : tx.append(draft)
    }
    return (tx) =>
      settled(line, undefined, () => {
        admit?.(tx)
        guard?.(tx)
        const result = append(tx)
        also?.(tx, result)
        return result
      })
  }
}

/** Refusals are the line's own; what is wrong with the store is everybody's. */
function settled(line: number, id: string | undefined, work: () => AppendResult): Outcome {
  try {
    const { record, created } = work()
    return { line, outcome: created ? 'accepted' : 'duplicate', id: record.id, seq: record.seq }
  } catch (error) {
    if (error instanceof ProblemError && !isStoreFault(error)) return rejected(line, error, id)
    throw error
  }
}

function rejected(line: number, reason: ProblemError, id?: string): Outcome {
  return { line, outcome: 'rejected', id, reason }
}
