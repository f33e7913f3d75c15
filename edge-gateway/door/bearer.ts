import { readBearer } from '../../protocol/identity/bearer.ts'
import { parseToken, tokenId, TokenError, verifyToken } from '../../protocol/identity/token.ts'
import type { HostOwner } from './host-owner.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import type { Credential } from './credential.ts'
import type { Refusal } from './refusal.ts'
import { CREDENTIAL_REFUSALS } from './refusals.ts'

/**
 * Checks the form and the owner's signature of a bearer: all that can be known without state. A
 * signature never expires, so the answer may be kept; revocation is the object's and the daemon's.
 * Answers at once for a bearer that was seen before.
 */
export function checkBearer(
  authorization: string,
  owner: HostOwner,
): MaybePromise<Credential | Refusal> {
  const shown = readBearer(authorization)
  if (shown === undefined) return CREDENTIAL_REFUSALS.malformed
  if (shown === 'doubled') return CREDENTIAL_REFUSALS.doubled
  return owner.bearers.get(shown.bearer) ?? verify(shown.bearer, owner)
}

async function verify(token: string, owner: HostOwner): Promise<Credential | Refusal> {
  try {
    const parsed = parseToken(token)
    if (!(await verifyToken(parsed, owner.key))) return CREDENTIAL_REFUSALS.forged
    const credential: Credential = {
      tokenId: await tokenId(parsed.secret),
      stranger: false,
      signed: true,
    }
    const { bearers } = owner
    if (bearers.size >= owner.bearersMax) bearers.delete(bearers.keys().next().value as string)
    bearers.set(token, credential)
    return credential
  } catch (error) {
    if (error instanceof TokenError) return CREDENTIAL_REFUSALS.malformed
    throw error
  }
}
