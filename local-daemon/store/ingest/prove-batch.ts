import type { KeyObject } from 'node:crypto'
import type { Unproven } from '../../../protocol/records/record-signature.ts'
import { packTexts, SIGNATURE_BYTES } from '../proofs/proof-job.ts'
import type { ProofPool } from '../proofs/proof-pool.ts'

/** Whether each origin has signed its record. */
export async function verifyAll(
  pool: Pick<ProofPool, 'run'>,
  claims: readonly Unproven[],
): Promise<readonly boolean[]> {
  if (claims.length === 0) return []
  const keys: Uint8Array[] = []
  const places = new Map<string, number>()
  const keyOf = new Uint16Array(claims.length)
  const signatures = new Uint8Array(claims.length * SIGNATURE_BYTES)
  for (const [n, { origin, key, signature }] of claims.entries()) {
    let place = places.get(origin)
    if (place === undefined) {
      place = keys.push(key) - 1
      places.set(origin, place)
    }
    keyOf[n] = place
    signatures.set(signature, n * SIGNATURE_BYTES)
  }
  const texts = packTexts(claims.map(({ preimage }) => preimage))
  const proofs = await pool.run({ kind: 'verify', texts, signatures, keys, keyOf })
  return Array.from(proofs, (proof) => proof === 1)
}

/** The signature over each text. */
export async function signAll(
  pool: Pick<ProofPool, 'run'>,
  key: KeyObject,
  texts: readonly string[],
): Promise<readonly Buffer[]> {
  if (texts.length === 0) return []
  const proofs = await pool.run({ kind: 'sign', texts: packTexts(texts), key })
  // Copies: a feed that keeps one record must not keep the batch.
  return texts.map((_, n) =>
    Buffer.from(proofs.subarray(n * SIGNATURE_BYTES, (n + 1) * SIGNATURE_BYTES)),
  )
}
