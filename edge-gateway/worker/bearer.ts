import { readBearer } from '../../protocol/identity/bearer.ts'
import { parseToken, tokenId, TokenError, verifyToken } from '../../protocol/identity/token.ts'
import type { HostOwner } from '../host-owner.ts'
import type { Credential, CredentialFault } from './credential.ts'

/**
 * Checks the form and the owner's signature of a bearer: all that can be known without state. A
 * signature never expires, so the answer may be kept; revocation is the object's and the daemon's.
 * Answers at once for a bearer that was seen before.
 */
export function checkBearer(
  authorization: string,
  owner: HostOwner,
): Credential | CredentialFault | Promise<Credential | CredentialFault> {
  const shown = readBearer(authorization)
  if (shown === undefined) return 'malformed'
  if (shown === 'doubled') return shown
  return owner.bearers.get(shown.bearer) ?? verify(shown.bearer, owner)
}

async function verify(token: string, owner: HostOwner): Promise<Credential | CredentialFault> {
  try {
    const parsed = parseToken(token)
    if (!(await verifyToken(parsed, owner.key))) return 'forged'
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
    if (error instanceof TokenError) return 'malformed'
    throw error
  }
}
