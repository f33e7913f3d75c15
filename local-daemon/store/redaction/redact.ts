import { hash } from 'node:crypto'
import { ProblemError } from '../../problem/problem-error.ts'
import { isDaemonThread } from '../daemon-threads.ts'
import type { RecordDraft } from '../draft.ts'
import type { StoreReader } from '../reader.ts'
import type { Statements } from '../statements.ts'
import type { StoredRecord } from '../stored-record.ts'
import { goalOf } from './thread-goal.ts'
import { withoutBody } from './without-body.ts'

/** What became of a record that was to be redacted. */
export interface RedactResult {
  /** Without its body. */
  readonly record: StoredRecord
  /** False if it was redacted before: then nothing was written. */
  readonly created: boolean
}

/** Makes the record that tells who redacted a record, and why. @param bodySha256 64 hex digits */
export type RedactionNote = (record: StoredRecord, bodySha256: string) => RecordDraft

/** What a redaction needs from its transaction. */
interface RedactParts {
  readonly statements: Statements
  readonly reader: Pick<StoreReader, 'record'>
  /** Appends the note to the log. */
  note(draft: RecordDraft): StoredRecord
}

/**
 * Takes the body out of a stored record, notes it in the log, and remembers the id for ever. All of it in the caller's
 * transaction.
 *
 * @throws ProblemError NOT_FOUND; THREAD_RESERVED for a record of the daemon's own threads
 */
export function redact(
  { statements, reader, note }: RedactParts,
  id: string,
  noteOf: RedactionNote,
): RedactResult {
  const record = reader.record(id)
  if (record === undefined) throw noRecord()
  if (record.redacted !== undefined) return { record, created: false }
  if (isDaemonThread(record.thread)) throw ownThread(record.thread)
  const { left, bodySha256 } = withoutBody(record.raw)
  const noted = note(noteOf(record, bodySha256))
  const at = Date.now()
  statements.setText.run(left, record.seq)
  statements.insertRedaction.run(
    record.seq,
    Buffer.from(id, 'hex'),
    Buffer.from(bodySha256, 'hex'),
    hash('sha256', left, 'buffer'),
    Buffer.from(noted.id, 'hex'),
    at,
  )
  forgetGoal(statements, record)
  return {
    record: { ...record, raw: left, redacted: { at, bodySha256, recordId: noted.id } },
    created: true,
  }
}

/** Lists of threads show the first goal of each: it may be the one that is gone. */
function forgetGoal(statements: Statements, { thread, raw }: StoredRecord): void {
  if (goalOf(bodyOf(raw)) === null) return
  const next = statements.firstGoal.get(thread)
  statements.setGoal.run(next === undefined ? null : goalOf(bodyOf(next)), thread)
}

function bodyOf(raw: string): Readonly<Record<string, unknown>> {
  return (JSON.parse(raw) as { readonly body: Readonly<Record<string, unknown>> }).body
}

function noRecord(): ProblemError {
  return new ProblemError('NOT_FOUND', 'There is no such record here', {
    try: 'Check the id: 64 lower-case hex digits of a record that this daemon holds.',
  })
}

function ownThread(thread: string): ProblemError {
  return new ProblemError('THREAD_RESERVED', `Records of ${thread} cannot be redacted`, {
    try: 'They tell who may do what and who did what. Revoke the token, or write another setting.',
  })
}

/** The refusal of a record that was redacted here and is sent again. */
export function wasRedacted(id: string): ProblemError {
  return new ProblemError('RECORD_REDACTED', `Record ${id} was redacted here`, {
    try: 'It cannot come back. Leave it out, or write another record if its body may be known after all.',
  })
}
