import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isCanonicalScalar, isUsablePoint } from '../../../protocol/identity/ed25519-encoding.ts'
import type { Unproven } from '../../../protocol/records/record-signature.ts'

/** Keys kept: an import has records of few origins. */
const KEYS_MAX = 1_024
/** What precedes the 32 bytes of an Ed25519 key in SPKI (RFC 8410, section 4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Verifies signatures on the thread pool, by the protocol's one rule (protocol/identity/ed25519.ts): what runtimes judge
 * differently is decided here, before OpenSSL sees it.
 */
export class SignatureCheck {
  /** By did:key; null: no point of the curve. */
  readonly #keys = new Map<string, KeyObject | null>()

  /** Whether the origin has signed the record. Rejects only if the runtime fails. */
  holds({ origin, key, preimage, signature }: Unproven): boolean | Promise<boolean> {
    if (!isUsablePoint(signature.subarray(0, 32))) return false
    if (!isCanonicalScalar(signature.subarray(32))) return false
    const publicKey = this.#keyOf(origin, key)
    if (publicKey === null) return false
    return new Promise((resolve, reject) => {
      verify(null, Buffer.from(preimage), publicKey, signature, (error, holds) => {
        if (error === null) resolve(holds)
        else reject(error)
      })
    })
  }

  #keyOf(origin: string, bytes: Uint8Array): KeyObject | null {
    const known = this.#keys.get(origin)
    if (known !== undefined) return known
    const key = importKey(bytes)
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear()
    this.#keys.set(origin, key)
    return key
  }
}

function importKey(bytes: Uint8Array): KeyObject | null {
  if (!isUsablePoint(bytes)) return null
  try {
    return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' })
  } catch {
    return null
  }
}
