import type { Unproven } from '../../../protocol/records/record-signature.ts'
import type { ProblemError } from '../../problem/problem-error.ts'
import type { RecordDraft } from '../draft.ts'
import type { AppendOptions } from '../transactor.ts'

/** A record of this home's own. */
export interface DraftWanted extends Pick<AppendOptions, 'admit' | 'guard' | 'also'> {
  readonly kind: 'draft'
  readonly draft: RecordDraft
}

/** A record that was accepted elsewhere, or here before: all is checked but the signature. */
export interface SignedWanted extends Pick<AppendOptions, 'admit'> {
  readonly kind: 'signed'
  readonly claim: Unproven
  /** Where the line says that its thread is; undefined if it does not. */
  readonly namespace: string | undefined
}

/** What a line of a bulk append asks for, once its sender may ask for it. */
export type Wanted = DraftWanted | SignedWanted

/** Where the record of a line belongs. */
export interface LineAbout {
  readonly thread: string
  /** Whether its body names a namespace. */
  readonly names: boolean
  readonly isSigned: boolean
  /** Of the line. */
  readonly bytes: number
}

/** A line that was read: what it asks for, or why it is refused. */
export interface Entry {
  /** Undefined if that cannot be read. */
  readonly about?: LineAbout | undefined
  readonly line: number
  /** Of the line. */
  readonly bytes: number
  readonly wanted: Wanted | ProblemError
}

/** What became of a line. `accepted` and `duplicate` are durable. */
export type Outcome =
  | {
      readonly line: number
      readonly outcome: 'accepted' | 'duplicate'
      /** 64 hex digits. */
      readonly id: string
      readonly seq: number
    }
  /** What a trial would accept. */
  | {
      readonly line: number
      readonly outcome: 'accepted'
      readonly id?: undefined
      readonly seq?: undefined
    }
  | {
      readonly line: number
      readonly outcome: 'rejected'
      readonly id: string | undefined
      readonly reason: ProblemError
    }
