import { createPublicKey, type KeyObject } from 'node:crypto'
import { isCanonicalScalar, isUsablePoint } from '../../../protocol/identity/ed25519-encoding.ts'

/** Keys kept: an import has records of few origins. */
const KEYS_MAX = 1_024
/** What precedes the 32 bytes of an Ed25519 key in SPKI (RFC 8410, section 4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** By their bytes; undefined: no point of the curve. */
const KEYS = new Map<string, KeyObject | undefined>()

/**
 * The key that a signature is to be verified with; undefined: it counts for nothing. By the protocol's one rule
 * (protocol/identity/ed25519.ts): what runtimes judge differently is decided here, before OpenSSL sees it.
 * @param key 32 bytes
 * @param signature 64 bytes
 */
export function usableKey(key: Uint8Array, signature: Uint8Array): KeyObject | undefined {
  if (!isUsablePoint(signature.subarray(0, 32))) return undefined
  if (!isCanonicalScalar(signature.subarray(32))) return undefined
  const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
  if (KEYS.has(name)) return KEYS.get(name)
  const imported = importKey(key)
  if (KEYS.size >= KEYS_MAX) KEYS.clear()
  KEYS.set(name, imported)
  return imported
}

function importKey(bytes: Uint8Array): KeyObject | undefined {
  if (!isUsablePoint(bytes)) return undefined
  try {
    return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
