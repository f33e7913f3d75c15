import type { DidKey } from './did-key.ts'
import {
  signRequest,
  verifyRequest,
  type CoveredRequest,
  type RequestSigner,
  type SignatureFault,
  type SignatureFields,
  type SignatureForm,
  type SignatureTime,
  type VerifiedRequest,
} from './request-signature.ts'
import { TUNNEL_PATH } from './version.ts'

/**
 * The daemon proves on the upgrade request that it holds the instance's key: an HTTP Message Signature
 * (RFC 9421) over `@authority`, `@path` and its own parameters. The authority binds the proof to one
 * gateway, `created` to a minute, the nonce to one use, the tag to this protocol.
 */
const FORM: SignatureForm = { tag: 'spl-tunnel-connect', components: ['@authority', '@path'] }

export interface ProofRequest extends SignatureTime {
  /** Host, with the port unless it is the scheme's default. */
  readonly authority: string
}

/** The two header fields that carry the proof. */
export type ProofFields = SignatureFields

/** Burn its nonce: the same proof must not connect twice. */
export type VerifiedProof = VerifiedRequest

export type ProofFault = SignatureFault

/** Signs the connect request. @throws TypeError for an authority that is not host or host:port */
export function signConnectProof(
  { authority, ...time }: ProofRequest,
  identity: RequestSigner,
): Promise<ProofFields> {
  return signRequest(connectRequest(authority), FORM, time, identity)
}

/**
 * Checks a connect request against the one key that may connect.
 * @param now seconds since 1970 at the edge
 * @returns the proof, or why it is none; `clock` only when everything else is right
 */
export function verifyConnectProof(
  authority: string,
  fields: Partial<ProofFields>,
  owner: DidKey,
  now: number,
): Promise<VerifiedProof | ProofFault> {
  return verifyRequest(connectRequest(authority), FORM, fields, owner, now)
}

function connectRequest(authority: string): CoveredRequest {
  return { method: 'GET', authority, target: TUNNEL_PATH }
}
