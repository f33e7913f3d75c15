import { hasScope } from '../../protocol/identity/scopes.ts'
import { accountDid, type Principal } from './principal.ts'

/** The two settings of the guide that decide over claims of an actor. */
export interface ClaimRules {
  /** A header's claim needs a token that names that very DID. */
  readonly strictActorHeader: boolean
  /** An admin's token acts as others only as its list says. */
  readonly strictImpersonation: boolean
}

/**
 * - `own`: the account's own DID, or the owner at home, who is nobody's account.
 * - `listed`: one of the account's allowed actors.
 * - `impersonated`: an admin as anybody at all. It leaves an audit record.
 */
export type ClaimVerdict = 'own' | 'listed' | 'impersonated' | 'denied'

/**
 * Whether a principal may act as `actor`. What comes in a header is held to the stricter rule where that is
 * on: behind a proxy a header is all that a stranger needs (docs/access.md has the truth table).
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
