import { hasScope, type Scope } from '../../protocol/scopes.ts'
import { ProblemError } from '../config/problem-error.ts'
import type { RequestFacts } from '../http/request-facts.ts'
import type { BearerCheck, Principal } from './bearer.ts'

/**
 * Lets a request pass that may use a route, or throws `ProblemError` (`AUTH_REQUIRED`, `AUTH_INVALID`,
 * `SCOPE_FORBIDDEN`). One of `scopes` is enough. Synchronous for the socket and for a remembered bearer.
 */
export function authorise(
  bearers: BearerCheck,
  authorization: string | null,
  facts: RequestFacts,
  scopes: readonly [Scope, ...Scope[]],
): undefined | Promise<undefined> {
  if (facts.via === 'socket') return undefined
  const principal = bearers.check(authorization)
  if (!(principal instanceof Promise)) return requireScope(principal, scopes)
  return principal.then((verified) => requireScope(verified, scopes))
}

function requireScope(principal: Principal, scopes: readonly [Scope, ...Scope[]]): undefined {
  if (scopes.some((scope) => hasScope(principal.scopes, scope))) return undefined
  const [required] = scopes
  throw new ProblemError('SCOPE_FORBIDDEN', `The bearer lacks the scope ${required}`, {
    requiredScope: required,
    try: `Use a token of a service account that has ${scopes.join(' or ')}.`,
  })
}
