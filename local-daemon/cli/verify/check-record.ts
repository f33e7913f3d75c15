import { hash } from 'node:crypto'
import { ACTS, DATA_TYPES, type SplRecord } from '../../../protocol/records/record-form.ts'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { ID_START_BYTES } from '../../store/to-stored-record.ts'

/** A row of the table of records with its names, as it lies there: nothing of it is known to be true. */
export interface RecordColumns {
  readonly seq: number
  readonly id_start: unknown
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
  readonly namespace: unknown
  /** Of its redaction, in the same moment; null for a record that is whole. */
  readonly redacted_id: Buffer | null
  readonly body_hash: Buffer | null
  readonly left_hash: Buffer | null
  readonly noted_by: Buffer | null
  readonly redacted_at: number | null
}

export const RECORD_COLUMNS = `SELECT r.seq, r.id_start, t.thread, a.name AS actor, r.act, r.clock, r.data_type, r.raw, r.judged_by,
    o.name AS origin, r.sig, r.received_at, r.namespace,
    x.id AS redacted_id, x.body_hash, x.left_hash, x.noted_by, x.redacted_at
  FROM records r LEFT JOIN threads t ON t.first_seq = r.thread LEFT JOIN redactions x ON x.seq = r.seq
    LEFT JOIN names a ON a.id = r.actor LEFT JOIN names o ON o.id = r.origin`

/** Columns that say again what the record says. */
const REPEATED = ['thread', 'actor', 'act', 'clock', 'data_type'] as const

/** The record of a row whose form, id, signature and columns hold; else why not, in words. */
export async function checkRecord(row: RecordColumns): Promise<StoredRecord | string> {
  const { seq, id_start: idStart, raw, judged_by, origin, sig } = row
  const isOptional = judged_by === null || Buffer.isBuffer(judged_by)
  if (
    typeof raw !== 'string' ||
    !Buffer.isBuffer(idStart) ||
    !Buffer.isBuffer(sig) ||
    !isOptional
  ) {
    return 'has a column of another type'
  }
  const fields = parsed(raw)
  if (fields === undefined) return 'is no JSON'
  const id = hash('sha256', raw, 'hex')
  if (idStart.length !== ID_START_BYTES || !id.startsWith(idStart.toString('hex'))) {
    return 'has another id than its text'
  }
  const verified = await verifyRecord({
    id,
    record: { ...fields, judged_by: judged_by?.toString('hex') ?? null },
    origin,
    sig: sig.toString('base64url'),
  })
  if (verified.kind === 'fault') return `${verified.field} ${verified.message}`
  if (verified.preimage !== raw) return 'is not in its canonical form'
  const { record } = verified
  const wrong = differentColumn(record, row)
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

/** The first column that says something else than the record, if one does. */
export function differentColumn(record: SplRecord, row: RecordColumns): string | undefined {
  const told = { ...row, act: ACTS[Number(row.act)], data_type: DATA_TYPES[Number(row.data_type)] }
  return REPEATED.find((name) => record[name] !== told[name])
}

function parsed(raw: string): object | undefined {
  try {
    return JSON.parse(raw) as object
  } catch {
    return undefined
  }
}
