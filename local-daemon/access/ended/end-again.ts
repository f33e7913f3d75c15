import { ProblemError } from '../../problem/problem-error.ts'
import { isDaemonThread } from '../../store/daemon-threads.ts'
import type { Ended } from '../../store/ended/ended.ts'
import type { Store } from '../../store/open-store.ts'
import type { StoreTransactor } from '../../store/transactor.ts'
import { type AccountBody, accountDraft } from '../account-records.ts'
import { nowSeconds } from '../accounts.ts'
import { redactionNote } from '../redaction-note.ts'

/** How many of each were alive again. */
export interface EndedAgain {
  /** Accounts, tokens and invites. */
  readonly revoked: number
  /** Records. */
  readonly redacted: number
}

const REVOKED = 'revoked again: the store is an older one that was put back'
const REDACTED = 'redacted again: the store is an older one that was put back'

/**
 * Ends in a store what has ended before, in one transaction with a record for each: an older copy of the store does not know of it.
 * What it does not have is left alone. Then the files are cleared of redacted bodies.
 *
 * @param did the owner, who signs
 * @throws as `Store.transact`
 */
export async function endAgain(store: Store, did: string, ended: Ended): Promise<EndedAgain> {
  if (drafts(store, ended).length === 0 && alive(store, ended).length === 0)
    return { revoked: 0, redacted: 0 }
  const again = await store.transact((tx) => {
    const [revocations, records] = [drafts(tx, ended), alive(tx, ended)]
    for (const body of revocations) tx.append(accountDraft(did, body))
    const noteOf = redactionNote(did, {
      principal: { kind: 'owner' },
      reason: REDACTED,
      requestId: undefined,
    })
    for (const id of records) tx.redact(id, noteOf)
    return { revoked: revocations.length, redacted: records.length }
  })
  if (again.redacted > 0) await store.eraseForeign()
  return again
}

type Reads = Pick<StoreTransactor, 'account' | 'token' | 'invite' | 'record'>

function drafts(reader: Reads, ended: Ended): readonly AccountBody[] {
  const at = nowSeconds()
  const accounts = [...ended.accounts].filter((id) =>
    isSo(() => reader.account(id)?.revoked_at === null),
  )
  const tokens = [...ended.tokens].filter((id) => isSo(() => reader.token(id)?.revoked_at === null))
  const invites = [...ended.invites].filter((id) =>
    isSo(() => {
      const invite = reader.invite(id)
      return invite !== undefined && (invite.revoked_at ?? invite.redeemed_at) === null
    }),
  )
  return [
    ...accounts.map((id) => ({
      topic: 'service_account_revoked' as const,
      service_account_id: id,
      reason: REVOKED,
      revoked_at: at,
    })),
    ...tokens.map((id) => ({ topic: 'token_revoked' as const, token_id: id, revoked_at: at })),
    ...invites.map((id) => ({ topic: 'invite_revoked' as const, invite_id: id, revoked_at: at })),
  ]
}

/** Records that have their bodies. */
function alive(reader: Reads, { records }: Ended): readonly string[] {
  return [...records].filter((id) =>
    isSo(() => {
      const record = reader.record(id)
      return record !== undefined && record.redacted === undefined && !isDaemonThread(record.thread)
    }),
  )
}

/** A damaged row is refused to everybody, so it is not alive, and must not keep a daemon from its start. */
function isSo(question: () => boolean): boolean {
  try {
    return question()
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'STORE_DAMAGED') return false
    throw error
  }
}
