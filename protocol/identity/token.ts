import { decodeBase58, encodeBase58 } from '../encoding/base58.ts'
import { verifyEd25519 } from './ed25519.ts'
import { encodeHex } from '../encoding/hex.ts'
import { LIMITS } from '../limits.ts'
import { sha256 } from '../encoding/sha256.ts'

/**
 * A bearer is `spl_<env>_<sa_id>_<secret>`. The secret is base58btc of 16 random bytes and 64 bytes of
 * the instance's Ed25519 signature over `spl_<env>_<sa_id>_` and those 16 bytes, so anyone who knows the
 * instance's public key can refuse a forgery without a look-up. The identity signs nothing else that
 * begins with `spl_` (records begin with `{`, connect proofs with `"`).
 */
export interface ParsedToken {
  /** Deployment tag, such as `prod`. */
  readonly env: string
  /** Service account, such as `sa_01jd3k7w2q`. */
  readonly saId: string
  /** The last part, as text. Never logged, never stored. */
  readonly secret: string
  /** What the instance signed. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

export interface TokenRequest {
  readonly env: string
  readonly saId: string
  /** 16 bytes from a cryptographic source. */
  readonly random: Uint8Array
  /** Ed25519 with the instance identity, 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** The bearer to show once, and its secret part, whose `tokenId` is what gets stored. */
export interface MintedToken {
  readonly token: string
  readonly secret: string
}

/** A text that is not a bearer of this form. The message never repeats the text. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code = 'AUTH_INVALID'
}

const RANDOM_BYTES = 16
const SIGNATURE_BYTES = 64
/**
 * `sa_` and lower-case Crockford base32 (no i, l, o, u). 80 bytes of base58 are 110 characters at most;
 * each leading zero byte makes them fewer, down to 80.
 */
const FORM =
  /^(spl_([a-z0-9]{1,16})_(sa_[0-9a-hjkmnp-tv-z]{10,26})_)([1-9A-HJ-NP-Za-km-z]{80,110})$/

/** Makes a bearer. Throws `TokenError` if a part has another form than `parseToken` takes. */
export function mintTokenPayload(request: TokenRequest): MintedToken {
  if (request.random.length !== RANDOM_BYTES) throw new TokenError('A token needs 16 random bytes')
  const prefix = `spl_${request.env}_${request.saId}_`
  const signature = request.sign(concat(new TextEncoder().encode(prefix), request.random))
  const secret = encodeBase58(concat(request.random, signature))
  const token = prefix + secret
  parseToken(token)
  return { token, secret }
}

/** Parses a bearer. Throws `TokenError` for every text that `mintTokenPayload` cannot have made. */
export function parseToken(text: string): ParsedToken {
  const parts = text.length <= LIMITS.tokenCharacters ? FORM.exec(text) : null
  const [, prefix, env, saId, secret] = parts ?? []
  if (prefix === undefined || env === undefined || saId === undefined || secret === undefined) {
    throw new TokenError('A token reads spl_<env>_<service account>_<secret>')
  }
  const bytes = decodeBase58(secret)
  if (bytes?.length !== RANDOM_BYTES + SIGNATURE_BYTES || encodeBase58(bytes) !== secret) {
    throw new TokenError("The token's secret is not 80 bytes of base58")
  }
  const random = bytes.subarray(0, RANDOM_BYTES)
  return {
    env,
    saId,
    secret,
    signed: concat(new TextEncoder().encode(prefix), random),
    signature: bytes.subarray(RANDOM_BYTES),
  }
}

/** Whether the instance with this public key made the token. Revocation, expiry and scopes are state. */
export function verifyToken(parsed: ParsedToken, ownerPublicKey: Uint8Array): Promise<boolean> {
  return verifyEd25519(ownerPublicKey, parsed.signed, parsed.signature)
}

/** Lower-case hex SHA-256 of the secret's text: what the store and the edge keep instead of it. */
export async function tokenId(secret: string): Promise<string> {
  return encodeHex(await sha256(new TextEncoder().encode(secret)))
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}
