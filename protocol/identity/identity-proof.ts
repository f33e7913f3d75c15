import type { DidKey } from './did-key.ts'
import {
  signRequest,
  verifyRequest,
  type CoveredRequest,
  type RequestSigner,
  type SignatureFault,
  type SignatureFields,
  type SignatureForm,
} from './request-signature.ts'

/** Where a daemon proves to its caller that it holds the key of its identity, before the caller sends a secret. */
export const IDENTITY_PROOF_PATH = '/v1/identity/proof'

/**
 * The daemon signs its caller's request (RFC 9421): the host by which it was called, and the caller's challenge. So a
 * server that passes the challenge on gains nothing: the true daemon refuses to sign for that server's name, and the
 * caller refuses a proof for any name that it did not dial.
 */
const FORM: SignatureForm = {
  tag: 'spl-identity-proof',
  components: ['@method', '@authority', '@path'],
}

export interface IdentityQuestion {
  /** Host that the caller has dialed, with the port unless it is the scheme's default. */
  readonly authority: string
  /** Random, made by the caller, never used before. */
  readonly challenge: string
}

/** @throws TypeError for an authority that is not host or host:port, and for a bad challenge */
export function signIdentityProof(
  { authority, challenge }: IdentityQuestion,
  identity: RequestSigner,
): Promise<SignatureFields> {
  return signRequest(questionAt(authority), FORM, challenge, identity)
}

/**
 * Checks the answer to a question.
 * @param did the daemon that must answer; undefined: any, and the result names it
 * @returns the daemon that has proved its identity, or the fault
 */
export async function verifyIdentityProof(
  { authority, challenge }: IdentityQuestion,
  fields: Partial<SignatureFields>,
  did: DidKey | undefined,
): Promise<{ readonly did: DidKey } | SignatureFault | 'challenge'> {
  const verified = await verifyRequest(questionAt(authority), FORM, fields, did)
  if (typeof verified === 'string') return verified
  return verified.challenge === challenge ? { did: verified.did } : 'challenge'
}

function questionAt(authority: string): CoveredRequest {
  return { method: 'GET', authority, target: IDENTITY_PROOF_PATH }
}
