import type { KeyObject } from 'node:crypto'

/** Texts in UTF-8, one behind the other. */
export interface PackedTexts {
  readonly bytes: Uint8Array
  /** Where each one ends. */
  readonly ends: Uint32Array
}

/** What a thread gets: a whole batch, because each message costs as much as a signature. */
export type ProofJob =
  | { readonly kind: 'sign'; readonly texts: PackedTexts; readonly key: KeyObject }
  | {
      readonly kind: 'verify'
      readonly texts: PackedTexts
      /** 64 bytes for each text. */
      readonly signatures: Uint8Array
      /** Raw Ed25519 keys, and for each text the place of its key among them. */
      readonly keys: readonly Uint8Array[]
      readonly keyOf: Uint16Array
    }

/** Of `sign`, 64 bytes for each text; of `verify`, 1 for a signature that holds, otherwise 0. */
export type Proofs = Uint8Array

export type ProofAnswer =
  | { readonly kind: 'done'; readonly proofs: Proofs }
  | { readonly kind: 'failed'; readonly message: string }

export const SIGNATURE_BYTES = 64

export function packTexts(texts: readonly string[]): PackedTexts {
  const ends = new Uint32Array(texts.length)
  let end = 0
  for (const [n, text] of texts.entries()) {
    end += Buffer.byteLength(text)
    ends[n] = end
  }
  // Not of the shared pool: a message would copy that whole.
  const bytes = Buffer.allocUnsafeSlow(end)
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  return { bytes, ends }
}
