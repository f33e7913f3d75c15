import { hash } from 'node:crypto'
import type { RecordRow, RedactionRow } from './rows.ts'
import type { StoredRecord } from './stored-record.ts'

/** Bytes of an id that a row keeps, and the hex digits of them. */
export const ID_START_BYTES = 8
export const ID_START_DIGITS = 2 * ID_START_BYTES

/**
 * The record of a row; undefined if the row is not what was written. The hash of each record is computed again: a byte
 * that changed on the disk must not pass as what was signed.
 *
 * @param redactionAt looks up whether the record was redacted; asked only if the hash is another
 */
export function toStoredRecord(
  row: RecordRow,
  redactionAt: (seq: number) => RedactionRow | undefined,
): StoredRecord | undefined {
  const [seq, idStart, raw, judgedBy, origin, sig] = row
  // SQLite checks types only on write.
  const isWhole =
    typeof raw === 'string' &&
    typeof origin === 'string' &&
    Buffer.isBuffer(idStart) &&
    idStart.length === ID_START_BYTES &&
    Buffer.isBuffer(sig) &&
    (judgedBy === null || Buffer.isBuffer(judgedBy))
  if (!isWhole) return undefined
  const by = judgedBy === null ? null : judgedBy.toString('hex')
  const [found, start] = [hash('sha256', raw, 'hex'), idStart.toString('hex')]
  if (found.startsWith(start)) {
    return { seq, id: found, ...namesIn(raw), raw, judgedBy: by, origin, sig }
  }
  const redaction = redactionAt(seq)
  const id = redaction?.id.toString('hex')
  if (redaction === undefined || id?.startsWith(start) !== true) return undefined
  if (redaction.left_hash.toString('hex') !== found) return undefined
  const redacted = {
    at: redaction.redacted_at,
    bodySha256: redaction.body_hash.toString('hex'),
    recordId: redaction.noted_by.toString('hex'),
  }
  return { seq, id, ...namesIn(raw), raw, judgedBy: by, origin, sig, redacted }
}

const ACTOR = '"actor":"'

/** The thread and the actor that a canonical text names: it begins with `act` and `actor`, and ends with `thread`. */
function namesIn(raw: string): { readonly thread: string; readonly actor: string } {
  const start = raw.indexOf(ACTOR) + ACTOR.length
  const actor = raw.slice(start, raw.indexOf('"', start))
  // No character of a thread's name is escaped in JSON; an actor's may be.
  const thread = raw.slice(raw.lastIndexOf('"', raw.length - 3) + 1, -2)
  if (!actor.includes('\\')) return { thread, actor }
  return { thread, actor: (JSON.parse(raw) as { readonly actor: string }).actor }
}
