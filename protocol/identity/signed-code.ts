import { decodeBase58, encodeBase58 } from '../encoding/base58.ts'
import { verifyEd25519 } from './ed25519.ts'
import { LIMITS } from '../limits.ts'

/**
 * A code that is valid for a short time, signed by the instance, so that the gateway can refuse a forged one without a
 * lookup. `spt_` is a stream ticket, `spi_` an invite, `spg_` an invite to a gateway, each for one use; `spr_` is a
 * resume code for a ticket's stream. Then base58 of a nonce (16 bytes), the expiry (u32, Unix time in seconds) and the
 * Ed25519 signature (64 bytes) over the tag, the expiry, the path that the code is for and the nonce. Only the daemon
 * knows whether it was used or has expired; for an invite to a gateway its registry knows.
 */
export type CodeKind = 'ticket' | 'invite' | 'resume' | 'gateway'

export interface ParsedCode {
  readonly kind: CodeKind
  readonly nonce: Uint8Array
  /** Unix time, seconds: from then on the code is worth nothing. */
  readonly expires: number
  readonly signature: Uint8Array
}

export interface CodeRequest {
  readonly kind: CodeKind
  /** Path of the one route that takes it, without query; to resume, the whole target, without a ticket. */
  readonly path: string
  /** 16 bytes from a cryptographic source; to resume, those that name whose stream it is. */
  readonly nonce: Uint8Array
  /** Unix time, seconds. */
  readonly expires: number
  /** Ed25519 with the instance identity, 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

const PREFIX: Readonly<Record<CodeKind, string>> = {
  ticket: 'spt_',
  invite: 'spi_',
  resume: 'spr_',
  gateway: 'spg_',
}
/** How each kind of code begins. */
export const CODE_PREFIXES: readonly string[] = Object.values(PREFIX)
const KINDS: ReadonlyMap<string, CodeKind> = new Map(
  (Object.keys(PREFIX) as CodeKind[]).map((kind) => [PREFIX[kind], kind]),
)
const TAG_CHARACTERS = 4
const NONCE_BYTES = 16
const EXPIRY_BYTES = 4
const SIGNATURE_BYTES = 64
const BYTES = NONCE_BYTES + EXPIRY_BYTES + SIGNATURE_BYTES

/** Where an invite is redeemed: the one path that its code is signed for. */
export const INVITE_PATH = '/v1/invites/redeem'

export function makeCode({ kind, path, nonce, expires, sign }: CodeRequest): string {
  if (nonce.length !== NONCE_BYTES) throw new TypeError('A code needs a nonce of 16 bytes')
  const signature = sign(signedBytes(kind, path, nonce, expires))
  const bytes = new Uint8Array(BYTES)
  bytes.set(nonce)
  new DataView(bytes.buffer).setUint32(NONCE_BYTES, expires)
  bytes.set(signature, NONCE_BYTES + EXPIRY_BYTES)
  return PREFIX[kind] + encodeBase58(bytes)
}

/** Parses a code; undefined for every text that `makeCode` cannot have made. */
export function parseCode(text: string): ParsedCode | undefined {
  if (text.length > LIMITS.codeCharacters) return undefined
  const kind = KINDS.get(text.slice(0, TAG_CHARACTERS))
  if (kind === undefined) return undefined
  const encoded = text.slice(TAG_CHARACTERS)
  const bytes = decodeBase58(encoded)
  if (bytes?.length !== BYTES || encodeBase58(bytes) !== encoded) return undefined
  return {
    kind,
    nonce: bytes.subarray(0, NONCE_BYTES),
    expires: new DataView(bytes.buffer).getUint32(NONCE_BYTES),
    signature: bytes.subarray(NONCE_BYTES + EXPIRY_BYTES),
  }
}

/**
 * Whether the instance with this key made the code for this path, and it is still good.
 * @param now Unix time, seconds
 */
export async function verifyCode(
  code: ParsedCode,
  path: string,
  ownerPublicKey: Uint8Array,
  now: number,
): Promise<boolean> {
  if (now >= code.expires) return false
  const signed = signedBytes(code.kind, path, code.nonce, code.expires)
  return verifyEd25519(ownerPublicKey, signed, code.signature)
}

/** Begins with a tag that neither tokens (`spl_`) nor records (`{`) nor connect proofs (`"`) begin with. */
function signedBytes(
  kind: CodeKind,
  path: string,
  nonce: Uint8Array,
  expires: number,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${PREFIX[kind]}${expires} ${path} `)
  const bytes = new Uint8Array(text.length + nonce.length)
  bytes.set(text)
  bytes.set(nonce, text.length)
  return bytes
}
