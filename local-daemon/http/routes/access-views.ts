import { type FreshToken, storedReach } from '../../access/accounts.ts'
import { accountDid } from '../../access/principal.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { StoreReader } from '../../store/reader.ts'
import type { AccountRow, TokenRow } from '../../store/rows.ts'

/** An account as answers show it. Throws `ProblemError` `NOT_FOUND`. */
export function accountView(store: Pick<StoreReader, 'account' | 'token'>, id: string) {
  return viewOfAccount(requireAccount(store, id))
}

export function requireAccount(
  store: Pick<StoreReader, 'account' | 'token'>,
  id: string,
): AccountRow {
  const row = store.account(id)
  if (row !== undefined) return row
  throw new ProblemError('NOT_FOUND', 'There is no such service account here', {
    try: 'See spl service-account list for all of them.',
  })
}

export function viewOfAccount(row: AccountRow) {
  return {
    object: 'service_account',
    id: row.id,
    name: row.name,
    did: accountDid(row.id),
    scopes: JSON.parse(row.scopes) as string[],
    actors: JSON.parse(row.actors) as string[],
    namespace: row.namespace,
    reach: storedReach(row.reach) ?? null,
    env: row.env,
    active: row.revoked_at === null,
    created_at: row.created_at,
    revoked_at: row.revoked_at,
    reason: row.reason,
  }
}

/** A token as answers show it: by its hash. Throws `ProblemError` `NOT_FOUND`. */
export function tokenView(store: Pick<StoreReader, 'account' | 'token'>, id: string) {
  const row = store.token(id)
  if (row !== undefined) return viewOfToken(row)
  throw new ProblemError('NOT_FOUND', 'There is no such token here', {
    try: 'See spl token list; a token’s id is what spl token info shows of it.',
  })
}

/** A token with its plain text, for the one answer that shows it. */
export function mintedView(store: Pick<StoreReader, 'account' | 'token'>, fresh: FreshToken) {
  return { ...tokenView(store, fresh.tokenId), token: fresh.token }
}

export function viewOfToken(row: TokenRow) {
  return {
    object: 'token',
    token_id: row.token_id,
    service_account_id: row.account,
    env: row.env,
    scopes: JSON.parse(row.scopes) as string[],
    reach: storedReach(row.reach) ?? null,
    created_at: row.created_at,
    expires_at: row.expires_at,
    revoked_at: row.revoked_at ?? row.account_revoked_at,
    last_used_at: row.used_at,
  }
}
