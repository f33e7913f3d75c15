import { hasScope } from '../../protocol/scopes.ts'
import { ProblemError } from '../config/problem-error.ts'
import type { StoreReader } from '../store/reader.ts'
import { nowSeconds } from './accounts.ts'

/** Live tokens that are looked through; an admin's is among the first made. */
const LOOKED_THROUGH = 10_000

/** Whether some token that opens everything counts now, apart from those that are about to end. */
export function hasLiveAdmin(
  store: StoreReader,
  without: (row: { readonly token_id: string; readonly account: string }) => boolean = () => false,
): boolean {
  return store
    .liveTokens(nowSeconds(), LOOKED_THROUGH)
    .some((row) => !without(row) && hasScope(JSON.parse(row.scopes) as string[], 'admin'))
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
