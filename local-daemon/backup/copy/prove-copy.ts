import { countText } from '../../problem/count-text.ts'
import type { Database } from 'better-sqlite3'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { MIGRATIONS } from '../../store/file/migrations.ts'
import { createReader } from '../../store/reader.ts'
import { prepareStatements } from '../../store/statements.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import { ID_DIGITS, markOf, type StoreMark } from './store-mark.ts'

/** What a copy was found to be. */
export interface Proof extends StoreMark {
  /** Records whose id and signature were checked. */
  readonly sampled: number
}

/** A copy that is not what it should be: why, in words. */
export class UnprovenError extends Error {
  override readonly name = 'UnprovenError'
}

/** Which records to look at closely. */
export interface Sample {
  readonly newest: number
  readonly random: number
}

/**
 * Proves that a copy of a store is whole: SQLite's own check of all pages and indexes, no gap in the numbers, and the id and the signature
 * of a sample. In a copy with the schema of another version only the file and the numbers can be checked.
 *
 * @throws UnprovenError, or SQLite's error
 */
export async function proveCopy(copy: Database, sample: Sample): Promise<Proof> {
  for (const line of copy.pragma('integrity_check(1)') as { readonly integrity_check: string }[]) {
    if (line.integrity_check !== 'ok') throw new UnprovenError(oneLine(line.integrity_check))
  }
  const mark = markOf(copy)
  const count = Number(copy.prepare('SELECT count(*) FROM records').pluck().get())
  if (count !== mark.records) {
    throw new UnprovenError(
      `it holds ${countText(count, 'record')}, and their numbers go up to ${mark.records}`,
    )
  }
  if (mark.records > 0 && mark.headId.length !== ID_DIGITS)
    throw new UnprovenError('its newest record has no id')
  if (mark.schema !== MIGRATIONS.length) return { ...mark, sampled: 0 }
  const read = recordsOf(copy, mark.records)
  const places = samplePlaces(mark.records, sample)
  for (const seq of places) await proveRecord(seq, read(seq))
  return { ...mark, sampled: places.length }
}

/** The numbers of the newest records, and others by chance, in order. */
export function samplePlaces(head: number, { newest, random }: Sample): readonly number[] {
  const places = new Set<number>()
  for (let seq = head; seq > Math.max(0, head - newest); seq -= 1) places.add(seq)
  const others = head === 0 ? 0 : random
  for (let n = 0; n < others; n += 1) places.add(1 + Math.floor(Math.random() * head))
  return [...places].toSorted((one, other) => one - other)
}

function recordsOf(copy: Database, head: number): (seq: number) => StoredRecord | undefined {
  const reader = createReader({
    statements: prepareStatements(copy),
    head: () => head,
    refusal: (error) => error,
    damaged: (what) => new UnprovenError(what),
  })
  return (seq) => reader.page({}, seq - 1, seq, 1).records[0]
}

async function proveRecord(seq: number, stored: StoredRecord | undefined): Promise<void> {
  if (stored === undefined) throw new UnprovenError(`record ${seq} is missing`)
  // What is left of it was compared by the reader. Without the body there is no more to check.
  if (stored.redacted !== undefined) return
  const { id, raw, judgedBy, origin, sig } = stored
  const verified = await verifyRecord({
    id,
    record: { ...fieldsOf(raw), judged_by: judgedBy },
    origin,
    sig: sig.toString('base64url'),
  })
  if (verified.kind === 'fault') {
    throw new UnprovenError(`record ${seq}: ${verified.field} ${verified.message}`)
  }
}

function fieldsOf(raw: string): object {
  try {
    return JSON.parse(raw) as object
  } catch {
    return {}
  }
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
