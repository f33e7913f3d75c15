import { hash } from 'node:crypto'
import { recordPreimage } from '../../../protocol/records/record-id.ts'
import type { SplRecord } from '../../../protocol/records/record-form.ts'
import type { RedactionClaim } from '../../access/redaction-note.ts'
import type { RecordRow, RedactionRow } from '../../store/rows.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { toStoredRecord } from '../../store/to-stored-record.ts'
import { differentColumn, type RecordColumns } from './check-record.ts'

/** The record of a row as the daemon would read it; undefined if it is not what was written. */
export function recordOf(row: RecordColumns): StoredRecord | undefined {
  const { seq, id_start: idStart, raw, judged_by: judgedBy, origin, sig } = row
  const columns = [seq, idStart, raw, judgedBy, origin, sig] as unknown as RecordRow
  return toStoredRecord(columns, () => redactionOf(row))
}

function redactionOf({ redacted_id: id, ...row }: RecordColumns): RedactionRow | undefined {
  return id === null ? undefined : ({ ...row, id, erased_at: null } as RedactionRow)
}

/**
 * The redacted record of a row, if what is left holds; else why not, in words. Its signature cannot be checked without the body: the
 * daemon's signed note stands for it.
 *
 * @param claim what the note says that the row names
 */
export function checkRedacted(
  row: RecordColumns,
  claim: RedactionClaim | undefined,
): StoredRecord | string {
  if (typeof row.raw === 'string' && row.redacted_id?.toString('hex') === sha256(row.raw)) {
    return 'is redacted, and its body is there'
  }
  const record = recordOf(row)
  if (record?.redacted === undefined) return 'is not what a redaction left of it'
  const left = JSON.parse(record.raw) as SplRecord
  if (recordPreimage(left) !== record.raw) return 'is not in its canonical form'
  const wrong = differentColumn(left, row)
  if (wrong !== undefined) return `has another ${wrong} in its column than in its text`
  const isNoted = claim?.recordId === record.id && claim.bodySha256 === record.redacted.bodySha256
  return isNoted ? record : 'is redacted, and no record of this daemon says so'
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}
