import type { Forgotten, StepResult } from './index-steps.ts'

/** What the thread that writes the index is asked. */
export type IndexJob = {
  /** The file of the index, and the store’s. */
  readonly path: string
  readonly store: string
  /** Of the store that is open. */
  readonly epoch: string
} & (
  | { readonly kind: 'index' }
  | { readonly kind: 'forget'; readonly forgotten: readonly Forgotten[] }
  /** Empties the log of what was forgotten. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'close' }
)

/** What it answers. */
export type IndexAnswer =
  | ({ readonly kind: 'indexed' } & StepResult)
  | { readonly kind: 'forgotten' | 'closed' | 'cleared' | 'busy' }
  /** A redaction has come that was not applied: nothing was indexed. */
  | { readonly kind: 'redacted' }
  /** It is not of this store as it is: make it anew. */
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
