import {
  createSignature,
  SignatureError,
  verifySignature,
  type RequestDescriptor,
} from 'http-message-sig'
import { parseDidKey, type DidKey } from './did-key.ts'
import { verifyEd25519 } from './ed25519.ts'
import { LIMITS } from '../limits.ts'

/**
 * A request signed with an instance's key (HTTP Message Signatures, RFC 9421): the daemon's connect request, requests
 * to a gateway's registry, and a daemon's proof to its caller. The tag tells them apart. The first character of what is
 * signed (`"`) tells all of them from records (`{`) and tokens (`spl_`).
 *
 * It contains no time. The nonce is a challenge of the verifier, so a signature is valid only for that verifier, and
 * only as long as it remembers the challenge.
 */
const LABEL = 'spl'
const PARAMETERS = ['keyid', 'nonce', 'tag', 'alg'] as const
const ALGORITHM = 'ed25519'
/** A challenge of the verifier: at least 128 random bits, base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{22,64}$/
/** A host name, an IPv4 or a bracketed IPv6 address, with or without a port: nothing that moves a URL's parts. */
const AUTHORITY = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i
/** The characters of a header field (RFC 9110, section 5.5), without obs-text, which signatures never have. */
const FIELD_VALUE = /^[\t -~]+$/

/** What a kind of signed request covers, and its name. */
export interface SignatureForm {
  readonly tag: string
  readonly components: readonly string[]
}

/** The request as far as its signature covers it. */
export interface CoveredRequest {
  readonly method: string
  /** Host, with the port unless it is the scheme's default. */
  readonly authority: string
  /** Path and query. */
  readonly target: string
  /** Further header fields that are covered. */
  readonly fields?: readonly { readonly name: string; readonly value: string }[]
}

/** Whether a text can be a challenge. Checked before it is signed. */
export function isChallenge(text: unknown): text is string {
  return typeof text === 'string' && CHALLENGE.test(text)
}

/** The two header fields that carry a signature. */
export interface SignatureFields {
  readonly 'signature-input': string
  readonly signature: string
}

export interface VerifiedRequest {
  readonly did: DidKey
  /** Check that it is yours, and burn it: the same request must not count twice. */
  readonly challenge: string
}

export type SignatureFault = 'missing' | 'malformed' | 'wrong-key' | 'signature'

export interface RequestSigner {
  readonly did: DidKey
  sign(bytes: Uint8Array): Uint8Array
}

function isAuthority(text: string): boolean {
  return AUTHORITY.test(text)
}

/** Signs a request. @throws TypeError for an authority that is not host or host:port, and for a bad challenge */
export async function signRequest(
  request: CoveredRequest,
  form: SignatureForm,
  challenge: string,
  identity: RequestSigner,
): Promise<SignatureFields> {
  if (!isChallenge(challenge)) throw new TypeError('sign request: bad challenge')
  if (!isAuthority(request.authority)) throw new TypeError('sign request: bad authority')
  const fields = await createSignature(describe(request), {
    label: LABEL,
    components: form.components,
    parameters: { keyid: identity.did, nonce: challenge, tag: form.tag, alg: ALGORITHM },
    signer: { algorithm: ALGORITHM, sign: (bytes) => identity.sign(bytes) },
  })
  return { 'signature-input': fields.signatureInput, signature: fields.signature }
}

/**
 * Checks a request's signature.
 * @param signer the one key that may sign it; undefined: any, and the result names it
 * @returns the signer and the challenge, or the fault
 */
export async function verifyRequest(
  request: CoveredRequest,
  form: SignatureForm,
  fields: Partial<SignatureFields>,
  signer: DidKey | undefined,
): Promise<VerifiedRequest | SignatureFault> {
  if (!fields.signature || !fields['signature-input']) return 'missing'
  if (!isAuthority(request.authority)) return 'malformed'
  if (!isField(fields.signature) || !isField(fields['signature-input'])) return 'malformed'
  let did: DidKey | undefined = signer
  try {
    const verified = await verifySignature(describe(request, fields as SignatureFields), {
      label: LABEL,
      policy: {
        algorithms: [ALGORITHM],
        requiredComponents: form.components,
        requiredParameters: PARAMETERS,
      },
      resolveVerifier: ({ parameters, components }) => {
        did ??= parameters.keyid as DidKey
        if (parameters.keyid !== did) throw new WrongKey()
        // The required ones are present; no others may be.
        const extra = Object.keys(parameters).length !== PARAMETERS.length
        if (parameters.tag !== form.tag || extra || components.length !== form.components.length) {
          throw new Malformed()
        }
        const publicKey = keyOf(did)
        return {
          algorithm: ALGORITHM,
          verify: (data, signature) => verifyEd25519(publicKey, data, signature),
        }
      },
    })
    const { nonce } = verified.parameters
    return isChallenge(nonce) ? { did: did as DidKey, challenge: nonce } : 'malformed'
  } catch (error) {
    return faultOf(error)
  }
}

/** The key that a signature names; one that is configured was checked when it was read. */
function keyOf(did: DidKey): Uint8Array {
  try {
    return parseDidKey(did)
  } catch {
    throw new Malformed()
  }
}

function isField(value: string): boolean {
  return value.length <= LIMITS.proofFieldCharacters && FIELD_VALUE.test(value)
}

class WrongKey extends Error {}
class Malformed extends Error {}

function faultOf(error: unknown): SignatureFault {
  const cause = error instanceof SignatureError ? error.cause : error
  if (cause instanceof WrongKey) return 'wrong-key'
  if (cause instanceof Malformed) return 'malformed'
  if (!(error instanceof SignatureError)) throw error
  return error.code === 'VerificationFailed' ? 'signature' : 'malformed'
}

function describe(request: CoveredRequest, fields?: SignatureFields): RequestDescriptor {
  return {
    kind: 'request',
    method: request.method,
    targetUri: `https://${request.authority}${request.target}`,
    fields: [
      ...(request.fields ?? []),
      ...(fields === undefined
        ? []
        : [
            { name: 'signature-input', value: fields['signature-input'] },
            { name: 'signature', value: fields.signature },
          ]),
    ],
  }
}
