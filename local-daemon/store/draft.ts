import { hash } from 'node:crypto'
import { recordPreimage } from '../../protocol/records/record-id.ts'
import type { SplRecord } from '../../protocol/records/record.ts'

/** A local record before it has a place. Without `clock` it takes the next one of its thread and actor. */
export type RecordDraft = Omit<SplRecord, 'clock'> & { readonly clock?: number | undefined }

/** A record with its canonical text and id, each computed once. */
export interface SealedRecord {
  readonly record: SplRecord
  readonly preimage: string
  /** 64 hex digits. */
  readonly id: string
}

/**
 * Writes the canonical text and hashes it. Synchronous, unlike `recordId` of the protocol: the next clock
 * is only known inside the transaction, and a transaction cannot wait.
 */
export function sealRecord(record: SplRecord): SealedRecord {
  const preimage = recordPreimage(record)
  return { record, preimage, id: hash('sha256', preimage, 'hex') }
}
