import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import type { StoredRecord } from '../../store/stored-record.ts'

/** A row of the table of records, as it lies there: nothing of it is known to be true. */
export interface RecordColumns {
  readonly seq: number
  readonly id: unknown
  readonly thread: unknown
  readonly actor: unknown
  readonly act: unknown
  readonly clock: unknown
  readonly data_type: unknown
  readonly raw: unknown
  readonly judged_by: unknown
  readonly origin: unknown
  readonly sig: unknown
  readonly received_at: unknown
}

/** Columns that say again what the record says. */
const REPEATED = ['thread', 'actor', 'act', 'clock', 'data_type'] as const

/** The record of a row whose form, id, signature and columns hold; else why not, in words. */
export async function checkRecord(row: RecordColumns): Promise<StoredRecord | string> {
  const { seq, id, raw, judged_by, origin, sig } = row
  if (typeof raw !== 'string' || !Buffer.isBuffer(id) || !Buffer.isBuffer(sig)) {
    return 'has a column of another type'
  }
  const fields = parsed(raw)
  if (fields === undefined) return 'is no JSON'
  const verified = await verifyRecord({
    id: id.toString('hex'),
    record: { ...fields, judged_by },
    origin,
    sig: sig.toString('base64url'),
  })
  if (verified.kind === 'fault') return `${verified.field} ${verified.message}`
  if (verified.preimage !== raw) return 'is not in its canonical form'
  const { record } = verified
  const wrong = REPEATED.find((name) => record[name] !== row[name])
  if (wrong !== undefined) return `has another ${wrong} in its column than in its text`
  const { thread, actor } = record
  return {
    seq,
    id: verified.id,
    thread,
    actor,
    raw,
    judgedBy: record.judged_by,
    origin: verified.origin,
    sig,
  }
}

function parsed(raw: string): object | undefined {
  try {
    return JSON.parse(raw) as object
  } catch {
    return undefined
  }
}
