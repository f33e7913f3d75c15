import { isCanonicalScalar, isUsablePoint } from './ed25519-encoding.ts'

/**
 * The one Ed25519 rule of this protocol: the cofactorless equation, A and R canonical and not of small
 * order, S below L. Runtimes differ at these edges (and have changed between releases), and a record
 * valid on one node but not on another would split the network; so all of it is decided here, and
 * `crypto.subtle` only sees what every implementation answers alike. Source: RFC 8032, section 5.1.7,
 * with the choices of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020).
 *
 * False for wrong lengths; throws only if the runtime has no Ed25519.
 */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  // Copies: the caller's bytes may change while the verification is under way.
  const a = new Uint8Array(publicKey)
  const rs = new Uint8Array(signature)
  const m = new Uint8Array(message)
  if (rs.length !== 64 || !isUsablePoint(a)) return false
  if (!isUsablePoint(rs.subarray(0, 32)) || !isCanonicalScalar(rs.subarray(32))) return false
  const key = await importKey(a)
  return key !== undefined && crypto.subtle.verify('Ed25519', key, rs, m)
}

/** Undefined when the runtime notices already here that the bytes are not a point of the curve. */
async function importKey(publicKey: Uint8Array<ArrayBuffer>) {
  try {
    return await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
  } catch (error) {
    if (error instanceof Error && error.name === 'DataError') return undefined
    throw new Error('Cannot import an Ed25519 key', { cause: error })
  }
}
