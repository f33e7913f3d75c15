import { statSync } from 'node:fs'
import { accountDraft } from '../../access/account-records.ts'
import { nowSeconds } from '../../access/accounts.ts'
import { daemonFolds } from '../../access/folds.ts'
import type { Identity } from '../../access/identity/identity.ts'
import type { Succession } from '../../access/identity/succession.ts'
import { takeOver } from '../../access/identity/take-over.ts'
import { openStoreSoon } from '../../store/open-store-soon.ts'
import type { Revived } from './compare-stores.ts'

/** What makes a copy the store of a home again. */
export interface SettleOptions {
  /** The database file, in the directory where it is made ready. */
  readonly file: string
  /** The file that will remember it; there must be none yet. */
  readonly state: string
  readonly identity: Identity
  /** The history of the identity, the newest step first. */
  readonly successions: readonly Succession[]
  /** What is revoked again. */
  readonly revived: Revived
}

export interface Settled {
  /** New: cursors of before are refused. */
  readonly epoch: string
  readonly records: number
}

const REASON = 'revoked again: the store was restored'

/**
 * Makes a copy ready to be the store, before it takes the place of the present one: the newest schema, a new epoch, and everything revoked
 * that was. So it is never served with a token that was revoked. What remembers it accepts it, as its owner wants it.
 *
 * @throws StoreOpenError, also IDENTITY_MISMATCH and STORE_EMPTY
 */
export async function settleStore(options: SettleOptions): Promise<Settled> {
  const { file, state, identity, successions, revived } = options
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
    const at = nowSeconds()
    await store.transact((tx) => {
      for (const { id } of revived.accounts) {
        const about = { service_account_id: id, reason: REASON, revoked_at: at }
        tx.append(accountDraft(did, { topic: 'service_account_revoked', ...about }))
      }
      for (const { token_id } of revived.tokens) {
        tx.append(accountDraft(did, { topic: 'token_revoked', token_id, revoked_at: at }))
      }
      for (const { id } of revived.invites) {
        tx.append(accountDraft(did, { topic: 'invite_revoked', invite_id: id, revoked_at: at }))
      }
    })
    return { epoch: store.epoch, records: store.head() }
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
