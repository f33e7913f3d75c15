import { hasScope } from '../../protocol/identity/scopes.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { SettingValues } from '../settings/setting-definitions.ts'
import type { StoreReader } from '../store/reader.ts'
import { nowSeconds } from './accounts.ts'

/** A token that expires sooner than this does not prevent a lockout. */
const LASTING_SECONDS = 24 * 3600

/** Says which tokens end with a change. */
type Ending = (row: { readonly token_id: string; readonly account: string }) => boolean

/** Refuses to require bearers while no bearer could undo it. Throws `ProblemError` `LOCKOUT`. */
export function guardRequirement(store: StoreReader, settings: SettingValues): void {
  if (settings.auth_required || hasLastingAdmin(store)) return
  throw lockout('Requiring bearers')
}

/** Refuses to end the last admin's token while bearers are required. Throws `ProblemError` `LOCKOUT`. */
export function guardRevocation(
  store: StoreReader,
  settings: SettingValues,
  what: string,
  ending: Ending,
): void {
  if (!settings.auth_required || hasLastingAdmin(store, ending) || !hasLastingAdmin(store)) return
  throw lockout(what)
}

/**
 * Refuses to exchange the last admin's token for one that soon ends. Throws `ProblemError` `LOCKOUT`.
 * @param scopes of the new token, JSON
 * @param ending the tokens that it replaces
 */
export function guardExchange(
  store: StoreReader,
  scopes: string,
  expiresAt: number | null,
  ending: Ending,
): void {
  const lasts = expiresAt === null || expiresAt > lasting()
  const isAdmin = hasScope(JSON.parse(scopes) as string[], 'admin')
  if (lasts || !isAdmin || hasLastingAdmin(store, ending)) return
  throw lockout('Exchanging the last one for one that ends within a day')
}

/** Whether some admin token is valid now and for a day, apart from those that end. */
function hasLastingAdmin(store: StoreReader, ending: Ending = () => false): boolean {
  return store.adminTokens(lasting()).some((row) => !ending(row))
}

/** Unix time, seconds. */
function lasting(): number {
  return nowSeconds() + LASTING_SECONDS
}

/** The refusal of a change after which no bearer could undo it. */
function lockout(what: string): ProblemError {
  return new ProblemError(
    'LOCKOUT',
    `${what} would leave no bearer token with the scope admin for longer than a day, so that nobody could change it back over HTTP`,
    {
      try: 'Create another admin token first (spl token create), or say that you mean it: --force (force=true).',
    },
  )
}
