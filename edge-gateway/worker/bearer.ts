import { parseToken, tokenId, TokenError, verifyToken } from '../../protocol/token.ts'
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
  if (!/^bearer /i.test(authorization)) return misshapen(authorization)
  const token = authorization.slice(7)
  return owner.bearers.get(token) ?? verify(token, owner)
}

async function verify(token: string, owner: HostOwner): Promise<Credential | CredentialFault> {
  try {
    const parsed = parseToken(token)
    if (!(await verifyToken(parsed, owner.key))) return 'forged'
    const credential: Credential = { tokenId: await tokenId(parsed.secret), stranger: false }
    const { bearers } = owner
    if (bearers.size >= owner.bearersMax) bearers.delete(bearers.keys().next().value as string)
    bearers.set(token, credential)
    return credential
  } catch (error) {
    if (error instanceof TokenError) return misshapen(token)
    throw error
  }
}

/** The runtime joins two fields of a name by a comma, which nothing that may be shown holds. */
export function misshapen(shown: string): 'doubled' | 'malformed' {
  return shown.includes(',') ? 'doubled' : 'malformed'
}
