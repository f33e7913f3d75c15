import {
  createSignature,
  SignatureError,
  verifySignature,
  type RequestDescriptor,
} from 'http-message-sig'
import { parseDidKey, type DidKey } from './did-key.ts'
import { verifyEd25519 } from './ed25519.ts'
import { LIMITS } from './limits.ts'
import { TUNNEL_PATH } from './version.ts'

/**
 * The daemon proves on the upgrade request that it holds the instance's key: an HTTP Message Signature
 * (RFC 9421) over `@authority`, `@path` and its own parameters. The authority binds the proof to one
 * gateway, `created` to a minute, the nonce to one use, the tag to this protocol.
 */
const TAG = 'spl-tunnel-connect'
const LABEL = 'spl'
const COMPONENTS = ['@authority', '@path'] as const
const PARAMETERS = ['created', 'keyid', 'nonce', 'tag', 'alg'] as const
const ALGORITHM = 'ed25519'
/** 128 random bits and more, base64url. */
const NONCE = /^[A-Za-z0-9_-]{22,64}$/
/** A host name, an IPv4 or a bracketed IPv6 address, perhaps a port: nothing that moves a URL's parts. */
const AUTHORITY = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i
/** What a header field can hold (RFC 9110, section 5.5), without obs-text: a signature has none. */
const FIELD_VALUE = /^[\t -~]+$/
/** The library's own clock rules are put out of force: ours come after the signature. */
const ANY_CLOCK = { clockSkew: Number.MAX_SAFE_INTEGER }

export interface ProofRequest {
  /** Host, with the port unless it is the scheme's default. */
  readonly authority: string
  /** Seconds since 1970, by the daemon's clock as corrected by the edge. */
  readonly created: number
  readonly nonce: string
}

/** The two header fields that carry the proof. */
export interface ProofFields {
  readonly 'signature-input': string
  readonly signature: string
}

export interface VerifiedProof {
  readonly did: DidKey
  /** Burn it: the same proof must not connect twice. */
  readonly nonce: string
  readonly created: number
}

export type ProofFault = 'missing' | 'malformed' | 'wrong-key' | 'clock' | 'signature'

/** Signs the connect request. @throws TypeError for an authority that is not host or host:port */
export async function signConnectProof(
  request: ProofRequest,
  identity: { readonly did: DidKey; sign(bytes: Uint8Array): Uint8Array },
): Promise<ProofFields> {
  if (!AUTHORITY.test(request.authority)) throw new TypeError('sign connect proof: bad authority')
  const fields = await createSignature(describe(request.authority), {
    label: LABEL,
    components: COMPONENTS,
    parameters: {
      created: request.created,
      keyid: identity.did,
      nonce: request.nonce,
      tag: TAG,
      alg: ALGORITHM,
    },
    signer: { algorithm: ALGORITHM, sign: (bytes) => identity.sign(bytes) },
  })
  return { 'signature-input': fields.signatureInput, signature: fields.signature }
}

/**
 * Checks a connect request against the one key that may connect.
 * @param now seconds since 1970 at the edge
 * @returns the proof, or why it is none; `clock` only when everything else is right
 */
export async function verifyConnectProof(
  authority: string,
  fields: Partial<ProofFields>,
  owner: DidKey,
  now: number,
): Promise<VerifiedProof | ProofFault> {
  if (!fields.signature || !fields['signature-input']) return 'missing'
  if (!AUTHORITY.test(authority)) return 'malformed'
  if (!isField(fields.signature) || !isField(fields['signature-input'])) return 'malformed'
  const publicKey = parseDidKey(owner)
  try {
    const verified = await verifySignature(describe(authority, fields as ProofFields), {
      label: LABEL,
      policy: {
        algorithms: [ALGORITHM],
        requiredComponents: COMPONENTS,
        requiredParameters: PARAMETERS,
        ...ANY_CLOCK,
        now,
      },
      resolveVerifier: ({ parameters, components }) => {
        if (parameters.keyid !== owner) throw new WrongKey()
        // The required ones are there; nothing beside them may be.
        const extra = Object.keys(parameters).length !== PARAMETERS.length
        if (parameters.tag !== TAG || extra || components.length !== COMPONENTS.length) {
          throw new Malformed()
        }
        return {
          algorithm: ALGORITHM,
          verify: (data, signature) => verifyEd25519(publicKey, data, signature),
        }
      },
    })
    const { created, nonce } = verified.parameters
    if (typeof nonce !== 'string' || !NONCE.test(nonce) || created === undefined) return 'malformed'
    // After the signature: only the key's holder is worth telling the time.
    if (Math.abs(now - created) > LIMITS.proofSkewSeconds) return 'clock'
    return { did: owner, nonce, created }
  } catch (error) {
    return faultOf(error)
  }
}

function isField(value: string): boolean {
  return value.length <= LIMITS.proofFieldCharacters && FIELD_VALUE.test(value)
}

class WrongKey extends Error {}
class Malformed extends Error {}

function faultOf(error: unknown): ProofFault {
  const cause = error instanceof SignatureError ? error.cause : error
  if (cause instanceof WrongKey) return 'wrong-key'
  if (cause instanceof Malformed) return 'malformed'
  if (!(error instanceof SignatureError)) throw error
  return error.code === 'VerificationFailed' ? 'signature' : 'malformed'
}

function describe(authority: string, fields?: ProofFields): RequestDescriptor {
  return {
    kind: 'request',
    method: 'GET',
    targetUri: `https://${authority}${TUNNEL_PATH}`,
    fields:
      fields === undefined
        ? []
        : [
            { name: 'signature-input', value: fields['signature-input'] },
            { name: 'signature', value: fields.signature },
          ],
  }
}
