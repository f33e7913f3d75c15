import { ACCOUNTS_THREAD } from '../../store/daemon-threads.ts'
import type { Store } from '../../store/open-store.ts'
import { type AccountBody, accountDraft } from '../account-records.ts'
import { nowSeconds } from '../accounts.ts'
import type { Identity } from './identity.ts'
import type { Succession } from './succession.ts'

/**
 * Records in the store, once, that this identity replaces another, as its first record, and ends every token and invite of that
 * other: its signature on them is invalid now. It is one transaction; if it fails, the next start does it.
 *
 * @param successions the history of this identity, the newest step first
 */
export async function takeOver(
  store: Store,
  identity: Identity,
  successions: readonly Succession[],
): Promise<void> {
  const [step] = successions
  if (step === undefined || hasTakenOver(store, identity)) return
  const change = (body: AccountBody) => accountDraft(identity.did, body)
  const now = nowSeconds()
  await store.transact((tx) => {
    tx.append(
      change({
        topic: 'succession',
        predecessor: step.from,
        successor: step.to,
        signature: step.signature,
        succeeded_at: now,
      }),
    )
    for (const { token_id, revoked_at } of tx.tokens()) {
      if (revoked_at !== null) continue
      tx.append(change({ topic: 'token_revoked', token_id, revoked_at: now }))
    }
    for (const { id, revoked_at, redeemed_at } of tx.invites()) {
      if (revoked_at !== null || redeemed_at !== null) continue
      tx.append(change({ topic: 'invite_revoked', invite_id: id, revoked_at: now }))
    }
  })
}

function hasTakenOver(store: Store, { did }: Identity): boolean {
  const filter = { thread: ACCOUNTS_THREAD, actor: did }
  return store.page(filter, 0, store.head(), 1).records.length > 0
}
