import type { DidKey } from '../identity/did-key.ts'
import {
  signRequest,
  verifyRequest,
  type CoveredRequest,
  type RequestSigner,
  type SignatureFault,
  type SignatureFields,
  type SignatureForm,
  type VerifiedRequest,
} from '../identity/request-signature.ts'
import { TUNNEL_PATH } from './version.ts'

/**
 * The daemon proves on the upgrade request that it holds the instance's key: an HTTP Message Signature
 * (RFC 9421) over `@authority`, `@path` and its own parameters. The authority binds the proof to one
 * gateway, the challenge to one moment of that gateway and to one use, the tag to this protocol.
 */
const FORM: SignatureForm = { tag: 'spl-tunnel-connect', components: ['@authority', '@path'] }

export interface ProofRequest {
  /** Host, with the port unless it is the scheme's default. */
  readonly authority: string
  /** What the gateway answered at `CHALLENGE_PATH`. */
  readonly challenge: string
}

/** The two header fields that carry the proof. */
export type ProofFields = SignatureFields

/** Valid if the challenge is valid. Only the object that issued it can tell, and burns it. */
export type VerifiedProof = VerifiedRequest

export type ProofFault = SignatureFault

/**
 * Signs the connect request.
 * @throws TypeError for an authority that is not host or host:port, and for a bad challenge
 */
export function signConnectProof(
  { authority, challenge }: ProofRequest,
  identity: RequestSigner,
): Promise<ProofFields> {
  return signRequest(connectRequest(authority), FORM, challenge, identity)
}

/**
 * Checks a connect request against the one key that may connect.
 * @returns the proof, or the fault
 */
export function verifyConnectProof(
  authority: string,
  fields: Partial<ProofFields>,
  owner: DidKey,
): Promise<VerifiedProof | ProofFault> {
  return verifyRequest(connectRequest(authority), FORM, fields, owner)
}

function connectRequest(authority: string): CoveredRequest {
  return { method: 'GET', authority, target: TUNNEL_PATH }
}
