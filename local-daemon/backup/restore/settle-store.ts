import { statSync } from 'node:fs'
import { endAgain, type EndedAgain } from '../../access/ended/end-again.ts'
import { daemonFolds } from '../../access/folds.ts'
import type { Identity } from '../../access/identity/identity.ts'
import type { Succession } from '../../access/identity/succession.ts'
import { takeOver } from '../../access/identity/take-over.ts'
import type { Ended } from '../../store/ended/ended.ts'
import { openStoreSoon } from '../../store/open-store-soon.ts'

/** What makes a copy the store of a home again. */
export interface SettleOptions {
  /** The database file, in the directory where it is made ready. */
  readonly file: string
  /** The file that will remember it; there must be none yet. */
  readonly state: string
  readonly identity: Identity
  /** The history of the identity, the newest step first. */
  readonly successions: readonly Succession[]
  /** What is revoked and redacted again. */
  readonly ended: Ended
}

export interface Settled {
  /** New: cursors of before are refused. */
  readonly epoch: string
  readonly records: number
  readonly again: EndedAgain
}

/**
 * Makes a copy ready to be the store, before it takes the place of the present one: the newest schema, a new epoch, and everything revoked
 * and redacted that was. So it is never served with a token that was revoked, nor with a body that was redacted. What remembers it accepts it, as its owner wants it.
 *
 * @throws StoreOpenError, also IDENTITY_MISMATCH and STORE_EMPTY
 */
export async function settleStore(options: SettleOptions): Promise<Settled> {
  const { file, state, identity, successions, ended } = options
  const { did } = identity
  const earlier = successions.map(({ from }) => from)
  const store = await openStoreSoon({
    path: file,
    origin: identity,
    folds: daemonFolds(did),
    // Nothing remembers this file yet, so it gets a new epoch.
    lineage: { path: state, isExpected: true, earlier },
  })
  try {
    await takeOver(store, identity, successions)
    const again = await endAgain(store, did, ended)
    return { epoch: store.epoch, records: store.head(), again }
  } finally {
    store.close()
    requireNoLog(file)
  }
}

/** Only the file itself takes the place of the store. */
function requireNoLog(file: string): void {
  const { size = 0 } = statSync(`${file}-wal`, { throwIfNoEntry: false }) ?? {}
  if (size > 0) throw new Error(`the log of ${file} could not be folded in`)
}
