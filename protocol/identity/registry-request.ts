import { encodeBase64 } from '../encoding/base64.ts'
import type { DidKey } from './did-key.ts'
import {
  signRequest,
  verifyRequest,
  type CoveredRequest,
  type RequestSigner,
  type SignatureFault,
  type SignatureFields,
  type SignatureForm,
  type VerifiedRequest,
} from './request-signature.ts'
import { sha256 } from '../encoding/sha256.ts'

/** Where a gateway for several owners learns who owns which hostname. It answers on each of its hostnames. */
export const REGISTRY_PATH = '/.well-known/spl-gateway/registry'

/** Where an invite is redeemed: the one path that its code is signed for. */
export const JOIN_PATH = `${REGISTRY_PATH}/join`

/** Where the registry gives a challenge. Every other request to it is signed over one of its own. */
export const REGISTRY_CHALLENGE_PATH = `${REGISTRY_PATH}/challenge`

/**
 * Every request to the registry is signed (RFC 9421) over all of it: method, host, path, query and body. The admin
 * signs what only the admin may do; to join, the instance signs that will own the name.
 */
const FORM: SignatureForm = {
  tag: 'spl-gateway-registry',
  components: ['@method', '@authority', '@path', '@query', 'content-digest'],
}

export interface RegistryRequest {
  readonly method: string
  /** Host, with the port unless it is the scheme's default. */
  readonly authority: string
  /** Path and query. */
  readonly target: string
  /** JSON, or nothing. */
  readonly body: string
}

/** The header fields that carry the signature. */
export interface RegistryFields extends SignatureFields {
  readonly 'content-digest': string
}

export async function signRegistryRequest(
  request: RegistryRequest,
  challenge: string,
  identity: RequestSigner,
): Promise<RegistryFields> {
  const covered = await coveredOf(request)
  const fields = await signRequest(covered.request, FORM, challenge, identity)
  return { ...fields, 'content-digest': covered.digest }
}

/**
 * Checks a request to the registry.
 * @param signer the one key that may sign; undefined: any
 */
export async function verifyRegistryRequest(
  request: RegistryRequest,
  fields: Partial<RegistryFields>,
  signer: DidKey | undefined,
): Promise<VerifiedRequest | SignatureFault> {
  const covered = await coveredOf(request)
  if (!fields['content-digest']) return 'missing'
  // The signature covers the digest, so with another body it does not hold.
  if (fields['content-digest'] !== covered.digest) return 'signature'
  return verifyRequest(covered.request, FORM, fields, signer)
}

/** The digest in the one form that is accepted (RFC 9530): ours, of the bytes that arrived. */
async function coveredOf({
  body,
  ...request
}: RegistryRequest): Promise<{ request: CoveredRequest; digest: string }> {
  const hash = await sha256(new TextEncoder().encode(body))
  const digest = `sha-256=:${encodeBase64(hash)}:`
  return { request: { ...request, fields: [{ name: 'content-digest', value: digest }] }, digest }
}
