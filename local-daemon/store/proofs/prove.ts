import { sign, verify } from 'node:crypto'
import { type PackedTexts, type ProofJob, type Proofs, SIGNATURE_BYTES } from './proof-job.ts'
import { usableKey } from './usable-key.ts'

/** Signs or verifies all texts of a job, one after the other, in this thread. */
export function prove(job: ProofJob): Proofs {
  const { texts } = job
  const proofs = new Uint8Array(texts.ends.length * (job.kind === 'sign' ? SIGNATURE_BYTES : 1))
  for (let n = 0; n < texts.ends.length; n += 1) {
    const text = textOf(texts, n)
    if (job.kind === 'sign') proofs.set(sign(null, text, job.key), n * SIGNATURE_BYTES)
    else proofs[n] = holds(job, n, text) ? 1 : 0
  }
  return proofs
}

function holds(job: ProofJob & { readonly kind: 'verify' }, n: number, text: Uint8Array): boolean {
  const signature = job.signatures.subarray(n * SIGNATURE_BYTES, (n + 1) * SIGNATURE_BYTES)
  const bytes = job.keys[job.keyOf[n] ?? 0]
  const key = bytes && usableKey(bytes, signature)
  return key !== undefined && verify(null, text, key, signature)
}

function textOf({ bytes, ends }: PackedTexts, n: number): Uint8Array {
  return bytes.subarray(ends[n - 1] ?? 0, ends[n])
}
