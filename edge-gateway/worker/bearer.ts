import { parseToken, tokenId, TokenError, verifyToken } from '../../protocol/token.ts'
import type { Credential, CredentialFault } from './credential.ts'

/** Tokens whose signature was good lately. Only good ones enter, so no stranger can fill it. */
const verified = new Map<string, Credential>()
const VERIFIED_MAX = 1024

/**
 * Checks the form and the owner's signature of a bearer: all that can be known without state. A
 * signature never expires, so the answer may be kept; revocation is the object's and the daemon's.
 * Answers at once for a bearer that was seen before.
 */
export function checkBearer(
  authorization: string,
  ownerKey: Uint8Array,
): Credential | CredentialFault | Promise<Credential | CredentialFault> {
  if (!/^bearer /i.test(authorization)) return misshapen(authorization)
  const token = authorization.slice(7)
  return verified.get(token) ?? verify(token, ownerKey)
}

async function verify(token: string, ownerKey: Uint8Array): Promise<Credential | CredentialFault> {
  try {
    const parsed = parseToken(token)
    if (!(await verifyToken(parsed, ownerKey))) return 'forged'
    const credential: Credential = { tokenId: await tokenId(parsed.secret), stranger: false }
    if (verified.size >= VERIFIED_MAX) verified.delete(verified.keys().next().value as string)
    verified.set(token, credential)
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
