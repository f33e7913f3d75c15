import type { Violation } from './violation.ts'

/** What a fault of its own file was seen to do. */
export interface Outcome {
  readonly effect: string
  /** Bytes that it moved; undefined: as of the link in the moment before. */
  readonly bytes?: number
  readonly violations: readonly Violation[]
}
