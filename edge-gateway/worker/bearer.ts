import { parseToken, TokenError, verifyToken } from '../../protocol/token.ts'

/** Tokens whose signature was good lately. Only good ones enter, so no stranger can fill it. */
const verified = new Map<string, true>()
const VERIFIED_MAX = 1024

export type BearerFault = 'missing' | 'malformed' | 'forged'

/**
 * Checks the form and the owner's signature of a bearer: all that can be known without state. A
 * signature never expires, so the answer may be kept; revocation is the object's and the daemon's.
 * Returns undefined for a good bearer, at once if it was seen before.
 */
export function checkBearer(
  authorization: string | undefined,
  ownerKey: Uint8Array,
): BearerFault | undefined | Promise<BearerFault | undefined> {
  if (authorization === undefined) return 'missing'
  if (!/^bearer /i.test(authorization)) return 'malformed'
  const token = authorization.slice(7)
  return verified.has(token) ? undefined : verify(token, ownerKey)
}

async function verify(token: string, ownerKey: Uint8Array): Promise<BearerFault | undefined> {
  try {
    if (!(await verifyToken(parseToken(token), ownerKey))) return 'forged'
  } catch (error) {
    if (error instanceof TokenError) return 'malformed'
    throw error
  }
  if (verified.size >= VERIFIED_MAX) verified.delete(verified.keys().next().value as string)
  verified.set(token, true)
  return undefined
}
