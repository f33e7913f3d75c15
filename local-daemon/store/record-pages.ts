import { ProblemError } from '../problem/problem-error.ts'
import { STORE_LIMITS } from './limits.ts'
import type { createReachPlaces } from './reach-places.ts'
import type { RecordRow } from './rows.ts'
import { sees, type Sight } from './sight.ts'
import type { SoundRows } from './sound-rows.ts'
import type { Statements } from './statements.ts'
import type { StoredRecord } from './stored-record.ts'
import { ID_START_DIGITS, toStoredRecord } from './to-stored-record.ts'
import { isDamage } from './trouble/store-trouble.ts'

/** Which records: all of them, those of a thread, of an actor, or of both; of these what a reader may see. */
export interface RecordFilter extends Sight {
  readonly thread?: string | undefined
  readonly actor?: string | undefined
}

/** SQLite's word for no limit. */
const ALL = -1
const NOTHING: RecordPage = { records: [], cut: false }

/** One read of the log, in arrival order. */
export interface RecordPage {
  readonly records: readonly StoredRecord[]
  /** Whether the read stopped at a limit: there may be more up to `upTo`. */
  readonly cut: boolean
}

/** What reads of the log need from their reader. */
interface RecordPagesParts {
  readonly statements: Statements
  readonly head: () => number
  readonly cursorAt: (seq: number) => string
  /** The refusal for an error of SQLite. */
  readonly refusal: (error: unknown) => unknown
  readonly damaged: (what: string, of?: 'row' | 'file') => Error
  readonly refuseGaps: SoundRows['refuseGaps']
  readonly places: Pick<ReturnType<typeof createReachPlaces>, 'seqs' | 'seqsOfActor'>
  readonly namespaceOf: (thread: string) => string | undefined
}

/** Reads of the log in arrival order. Each checks that its records are what was written, and that none is missing. */
export function createRecordPages(parts: RecordPagesParts) {
  const { statements, head, cursorAt, refusal, damaged, refuseGaps, places, namespaceOf } = parts
  const redactionAt = (seq: number) => statements.redactionAt.get(seq)

  function rowsOf(filter: RecordFilter, after: number, upTo: number, most: number) {
    const { thread, actor, withoutOwn, reach } = filter
    if (thread === undefined && reach !== undefined) {
      return rowsAt(places.seqs(reach, actor, [after, upTo], most))
    }
    // What is left out counts for nothing: the reader below stops by itself.
    const limit = withoutOwn === true ? ALL : most
    if (thread !== undefined && actor !== undefined) {
      return statements.recordsOfBoth.iterate(thread, actor, after, upTo, limit)
    }
    if (thread !== undefined) return statements.recordsOfThread.iterate(thread, after, upTo, limit)
    if (actor !== undefined) return rowsAt(places.seqsOfActor(actor, filter, [after, upTo], most))
    return statements.recordsAfter.iterate(after, upTo, limit)
  }

  function* rowsAt(seqs: readonly number[]): Generator<RecordRow> {
    for (const seq of seqs) {
      const row = statements.recordsAfter.get(seq - 1, seq, 1)
      if (row === undefined) throw missing(seq)
      yield row
    }
  }

  function toRecord(row: RecordRow): StoredRecord {
    const record = toStoredRecord(row, redactionAt)
    if (record === undefined) throw damaged(`record ${row[0]} is not what was written`)
    return record
  }

  function record(id: string): StoredRecord | undefined {
    const rows = statements.recordsById.all(Buffer.from(id.slice(0, ID_START_DIGITS), 'hex'))
    return rows.map(toRecord).find((one) => one.id === id)
  }

  function known(ids: readonly string[]): ReadonlyMap<string, number> {
    const asked = new Set(ids)
    const starts = JSON.stringify(ids.map((id) => id.slice(0, ID_START_DIGITS)))
    const found = statements.recordsByIds.all(starts).map(toRecord)
    // A redacted one is no duplicate: its append is refused.
    const whole = found.filter(({ id, redacted }) => asked.has(id) && redacted === undefined)
    return new Map(whole.map(({ id, seq }) => [id, seq]))
  }

  /**
   * Checks a page for missing records. Sequence numbers have no gaps, so a record that a damaged tree leaves out is
   * noticed. An index that leads to another thread's or actor's record is damaged too.
   */
  function gather(filter: RecordFilter, after: number, upTo: number, most: number): RecordPage {
    const { thread, actor, reach } = filter
    if (thread !== undefined && !sees(filter, thread, namespaceOf)) return NOTHING
    const isWhole = thread === undefined && actor === undefined && reach === undefined
    if (!isWhole) refuseGaps('records')
    const records: StoredRecord[] = []
    let bytes = 0
    let last = after
    try {
      for (const row of rowsOf(filter, after, upTo, most)) {
        const record = toRecord(row)
        if (isWhole ? record.seq !== last + 1 : !isOf(record, filter)) throw missing(last + 1)
        last = record.seq
        if (!sees(filter, record.thread, namespaceOf)) continue
        records.push(record)
        bytes += record.raw.length
        if (bytes >= STORE_LIMITS.pageBytes || records.length === most)
          return { records, cut: true }
      }
      if (isWhole && last < Math.min(upTo, head())) throw missing(last + 1)
      return { records, cut: false }
    } catch (error) {
      const refused = refusal(error)
      // What comes before it is fine; the next read begins at it.
      if (records.length > 0 && isDamage(refused)) return { records, cut: true }
      throw refused
    }
  }

  function missing(seq: number): Error {
    return damaged(`record ${seq} is not where it was written`, 'file')
  }

  /** The refusal of a page that begins with a damaged record. It says how to continue without it, for those who decide to. */
  function withWayPast(refused: unknown, after: number, upTo: number): unknown {
    if (!(refused instanceof ProblemError && isDamage(refused))) return refused
    const most = Math.min(upTo, head(), after + STORE_LIMITS.pageRecords)
    let seq = after + 1
    while (seq <= most && isSound(seq)) seq += 1
    if (seq > most) return refused
    while (seq < most && !isSound(seq + 1)) seq += 1
    const past = cursorAt(seq)
    const { code, message, detail } = refused
    const hint = `${detail.try ?? ''} To go on without it, on purpose: since=${past}`
    return new ProblemError(code, message, { ...detail, try: hint.trim() })
  }

  function isSound(seq: number): boolean {
    try {
      const row = statements.recordsAfter.get(seq - 1, seq, 1)
      return row !== undefined && toStoredRecord(row, redactionAt) !== undefined
    } catch {
      return false
    }
  }

  function page(filter: RecordFilter, after: number, upTo: number, limit: number): RecordPage {
    try {
      return gather(filter, after, upTo, Math.min(limit, STORE_LIMITS.pageRecords))
    } catch (error) {
      throw withWayPast(error, after, upTo)
    }
  }

  return { page, record, known }
}

function isOf(record: StoredRecord, { thread, actor }: RecordFilter): boolean {
  return (
    (thread === undefined || record.thread === thread) &&
    (actor === undefined || record.actor === actor)
  )
}
