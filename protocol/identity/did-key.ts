import { decodeBase58, encodeBase58 } from '../encoding/base58.ts'
import { isUsablePoint } from './ed25519-encoding.ts'

/** An Ed25519 public key as a DID: `did:key:z6Mk…`. */
export type DidKey = `did:key:z${string}`

/** A text that does not name an Ed25519 public key. */
export class DidKeyError extends Error {
  readonly code = 'INVALID_DID_KEY'
  override readonly name = 'DidKeyError'
}

/** Multicodec `ed25519-pub` (0xed) as an unsigned varint. */
const ED25519_PUB = [0xed, 0x01] as const
/** 34 bytes that begin with 0xed01 are always 47 characters of base58. */
const FORM = /^did:key:z([1-9A-HJ-NP-Za-km-z]{47})$/

/** The did:key of an Ed25519 public key of 32 bytes (W3C CCG did:key, multibase `z` = base58btc). */
export function formatDidKey(publicKey: Uint8Array): DidKey {
  if (publicKey.length !== 32) {
    throw new DidKeyError(`An Ed25519 public key has 32 bytes, not ${publicKey.length}`)
  }
  return `did:key:z${encodeBase58(Uint8Array.of(...ED25519_PUB, ...publicKey))}`
}

/**
 * The 32 bytes of the Ed25519 public key that a did:key names. Throws `DidKeyError` for any other text:
 * other methods, key types and spellings, DID URLs, and keys that no signature can ever satisfy.
 */
export function parseDidKey(text: string): Uint8Array<ArrayBuffer> {
  const encoded = FORM.exec(text)?.[1]
  const bytes = encoded === undefined ? undefined : decodeBase58(encoded)
  if (bytes === undefined) throw new DidKeyError('Not the did:key of an Ed25519 public key')
  if (bytes.length !== 34 || bytes[0] !== ED25519_PUB[0] || bytes[1] !== ED25519_PUB[1]) {
    throw new DidKeyError('The did:key names another type of key than Ed25519')
  }
  const publicKey = bytes.slice(2)
  if (formatDidKey(publicKey) !== text)
    throw new DidKeyError('The did:key is not in canonical form')
  if (!isUsablePoint(publicKey)) {
    throw new DidKeyError('The did:key holds a small-order or non-canonical point')
  }
  return publicKey
}
