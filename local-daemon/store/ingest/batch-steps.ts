import { type Unproven, wrongSignature } from '../../../protocol/records/record-signature.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { SealedRecord } from '../draft.ts'
import type { Store } from '../open-store.ts'
import type { ProofPool } from '../proofs/proof-pool.ts'
import type { AppendResult, LocalOrigin, StoreTransactor } from '../transactor.ts'
import { isStoreFault } from '../write-queue.ts'
import type { DraftWanted, Entry, LineAbout, Outcome, SignedWanted } from './entry.ts'
import { signAll, verifyAll } from './prove-batch.ts'
import { SealAhead } from './seal-ahead.ts'
import { SeenClocks } from './seen-clocks.ts'

/** @param refuse may refuse it, once its writer may write there */
type Run = (tx: StoreTransactor, refuse?: (tx: StoreTransactor) => void) => Outcome

/** A line on its way: its outcome, or what its transaction does. */
export type Step = { readonly about?: LineAbout | undefined } & (
  | Outcome
  | { readonly line: number; readonly run: Run }
)

/** What a draft will be, as far as that is known, and the signature over it. */
interface Ahead {
  readonly sealed: SealedRecord
  readonly sig: Buffer
}

const NONE: ReadonlyMap<string, number> = new Map()

interface BatchParts {
  readonly store: Pick<Store, 'known' | 'lastClock'>
  readonly proofs: Pick<ProofPool, 'run'>
  readonly origin: LocalOrigin
}

/** Does all that a batch of lines needs before its transaction: what is known already, then signatures. */
export class BatchSteps {
  readonly #parts: BatchParts
  readonly #seals: SealAhead
  readonly #clocks: SeenClocks

  constructor(parts: BatchParts) {
    const { store } = parts
    this.#parts = parts
    const lastClock = (thread: string, actor: string) => store.lastClock(thread, actor)
    this.#seals = new SealAhead(lastClock)
    this.#clocks = new SeenClocks(lastClock)
  }

  /** Rejects with `ProblemError` `STORE_…`. @param batch counts up */
  async make(entries: readonly Entry[], batch: number): Promise<readonly Step[]> {
    const sealed = entries.map(({ wanted }) => this.#seal(wanted, batch))
    const asked = sealed.flatMap((one) =>
      one === undefined || this.#clocks.isAhead(one.record) ? [] : [one.id],
    )
    const known = asked.length === 0 ? NONE : this.#parts.store.known(asked)
    const before = entries.map((entry, at) => this.#before(entry, sealed[at], known))
    const claims: Unproven[] = []
    const drafts: SealedRecord[] = []
    for (const [at, { wanted }] of entries.entries()) {
      const one = sealed[at]
      if (before[at] !== undefined || wanted instanceof ProblemError) continue
      if (wanted.kind === 'signed') claims.push(wanted.claim)
      else if (one !== undefined) drafts.push(one as SealedRecord)
    }
    const [holds, signatures] = await Promise.all([
      verifyAll(this.#parts.proofs, claims),
      signAll(
        this.#parts.proofs,
        this.#parts.origin.key,
        drafts.map(({ preimage }) => preimage),
      ),
    ])
    // In the order in which they were gathered.
    let [claim, draft] = [0, 0]
    return entries.map((entry, at): Step => {
      const { line, about, wanted } = entry
      const outcome = before[at]
      if (outcome !== undefined) return { ...outcome, about }
      if (wanted instanceof ProblemError) return { ...rejected(line, wanted), about }
      if (wanted.kind === 'signed') {
        claim += 1
        return holds[claim - 1] === true
          ? { line, about, run: admitted(line, wanted) }
          : { ...unproven(line, wanted.claim.id), about }
      }
      const one = sealed[at] as SealedRecord | undefined
      if (one === undefined) return { line, about, run: appended(line, wanted, undefined) }
      draft += 1
      const sig = signatures[draft - 1]
      return { line, about, run: appended(line, wanted, sig && { sealed: one, sig }) }
    })
  }

  /** A batch was written. */
  written(batch: number): void {
    this.#seals.written(batch)
  }

  #seal(wanted: Entry['wanted'], batch: number): SealedRecord | Unproven | undefined {
    if (wanted instanceof ProblemError) return undefined
    return wanted.kind === 'signed' ? wanted.claim : this.#seals.seal(wanted.draft, batch)
  }

  /** The outcome of a line that is refused, or here already. */
  #before(
    { line, wanted }: Entry,
    sealed: Pick<SealedRecord, 'id'> | undefined,
    known: ReadonlyMap<string, number>,
  ): Outcome | undefined {
    if (wanted instanceof ProblemError) return rejected(line, wanted)
    // Whether it is here already is for nobody to know who may not write it.
    const isGuarded =
      wanted.admit !== undefined || (wanted.kind === 'draft' && wanted.guard !== undefined)
    const seq = sealed === undefined || isGuarded ? undefined : known.get(sealed.id)
    return sealed === undefined || seq === undefined
      ? undefined
      : { line, outcome: 'duplicate', id: sealed.id, seq }
  }
}

function admitted(line: number, { claim, namespace, admit }: SignedWanted): Run {
  const { id, record, preimage, origin, signature } = claim
  // A copy: a buffer around the same memory takes it out of V8’s heap, which costs more than all else of a line.
  const sig = Buffer.from(signature)
  return (tx, refuse) =>
    settled(line, id, () => {
      admit?.(tx)
      refuse?.(tx)
      return tx.admit({ sealed: { id, record, preimage }, origin, sig, namespace })
    })
}

function appended(
  line: number,
  { draft, admit, guard, also }: DraftWanted,
  ahead: Ahead | undefined,
): Run {
  function append(tx: StoreTransactor): AppendResult {
    if (ahead === undefined) return tx.append(draft)
    const { sealed, sig } = ahead
    // Another writer may have taken the clock that was guessed.
    const isFree =
      draft.clock !== undefined || tx.lastClock(draft.thread, draft.actor) < sealed.record.clock
    return isFree ? tx.append(sealed, sig) : tx.append(draft)
  }
  return (tx, refuse) =>
    settled(line, undefined, () => {
      admit?.(tx)
      refuse?.(tx)
      guard?.(tx)
      const result = append(tx)
      also?.(tx, result)
      return result
    })
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

function unproven(line: number, id: string): Outcome {
  const { field, message } = wrongSignature()
  const next = 'Ask whoever exported it for this record again.'
  return rejected(
    line,
    new ProblemError('INVALID_RECORD', `${field} ${message}`, { field, try: next }),
    id,
  )
}

function rejected(line: number, reason: ProblemError, id?: string): Outcome {
  return { line, outcome: 'rejected', id, reason }
}
