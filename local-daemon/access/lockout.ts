import { hasScope } from '../../protocol/scopes.ts'
import { ProblemError } from '../config/problem-error.ts'
import type { StoreReader } from '../store/reader.ts'
import { nowSeconds } from './accounts.ts'

/** Live tokens that are looked through; an admin's is among the first made. */
const LOOKED_THROUGH = 10_000

/** A token that ends sooner is no way back in. */
const LASTING_SECONDS = 24 * 3600

/** Whether some token that opens everything counts now and for a day, apart from those that are to end. */
export function hasLiveAdmin(
  store: StoreReader,
  without: (row: { readonly token_id: string; readonly account: string }) => boolean = () => false,
): boolean {
  return store
    .liveTokens(nowSeconds(), LOOKED_THROUGH)
    .some((row) => !without(row) && lasts(row.expires_at) && isAdmin(row.scopes))
}

/**
 * Refuses to exchange the last admin's token for one that soon ends. Throws `ProblemError` `LOCKOUT`.
 * @param scopes of the new token, JSON
 * @param without the tokens that it replaces
 */
export function keepAnAdmin(
  store: StoreReader,
  scopes: string,
  expiresAt: number | null,
  without: Parameters<typeof hasLiveAdmin>[1],
): void {
  if (lasts(expiresAt) || !isAdmin(scopes) || hasLiveAdmin(store, without)) return
  throw lockout('Exchanging the last one for one that soon ends')
}

function lasts(expiresAt: number | null): boolean {
  return expiresAt === null || expiresAt > nowSeconds() + LASTING_SECONDS
}

function isAdmin(scopes: string): boolean {
  return hasScope(JSON.parse(scopes) as string[], 'admin')
}

/** The refusal of a change after which no bearer could undo it. */
export function lockout(what: string): ProblemError {
  return new ProblemError(
    'LOCKOUT',
    `${what} would leave no bearer with the scope admin, so that nobody could change it back over HTTP`,
    {
      try: 'Mint another admin token first (spl token create), or say that you mean it: --force (force=true).',
    },
  )
}
