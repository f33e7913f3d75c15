import { hasScope } from '../../protocol/identity/scopes.ts'
import { accountDid, type Principal } from './principal.ts'

/** The two settings that decide which actors a caller may claim. */
export interface ClaimRules {
  /** A header's claim needs a token that names exactly that DID. */
  readonly strictActorHeader: boolean
  /** An admin's token acts only as the actors on its list. */
  readonly strictImpersonation: boolean
}

/**
 * - `own`: the account's own DID, or the owner at home, who has no account.
 * - `listed`: one of the account's allowed actors.
 * - `impersonated`: an admin as any actor. It leaves an audit record.
 */
export type ClaimVerdict = 'own' | 'listed' | 'impersonated' | 'denied'

/**
 * Whether a principal may act as `actor`. If the stricter rule is on, a header is held to it:
 * behind a proxy, a header is all that a stranger needs (docs/appendix/access.md has the truth table).
 */
export function decideClaim(
  principal: Principal,
  actor: string,
  source: 'header' | 'record',
  rules: ClaimRules,
): ClaimVerdict {
  const strictHeader = source === 'header' && rules.strictActorHeader
  if (principal.kind !== 'account') return strictHeader ? 'denied' : 'own'
  if (actor === accountDid(principal.account)) return 'own'
  if (principal.actors.includes(actor)) return 'listed'
  const admin = hasScope(principal.scopes, 'admin')
  return admin && !rules.strictImpersonation && !strictHeader ? 'impersonated' : 'denied'
}
