import { formatCursor } from './cursor.ts'
import type { StoreReader } from './reader.ts'
import type { RecordFilter, RecordPage } from './record-pages.ts'
import type { ThreadRow } from './rows.ts'
import { EVERYTHING, sees, type Sight, sightKey } from './sight.ts'
import type { StoredRecord } from './stored-record.ts'

/** Which of the records that a reader may see. */
export type ViewFilter = Omit<RecordFilter, keyof Sight>

/**
 * The records, threads and places that one reader may see. What it may not see does not exist here: no answer differs from
 * the one for a store without it. Every route, list and feed of records reads through one of these.
 */
export class RecordView {
  readonly #reader: StoreReader
  readonly #sight: Sight

  constructor(reader: StoreReader, sight: Sight = EVERYTHING) {
    this.#reader = reader
    this.#sight = sight
  }

  /** Equal for two views of the same. */
  get key(): string {
    return sightKey(this.#sight)
  }

  /** What it sees, as an export tells it. */
  get sight(): Sight {
    return this.#sight
  }

  /** The same without the threads of the daemon itself. */
  withoutOwn(): RecordView {
    return new RecordView(this.#reader, { ...this.#sight, withoutOwn: true })
  }

  sees(thread: string): boolean {
    return sees(this.#sight, thread)
  }

  /** The newest place, 0 when empty. */
  head(): number {
    return this.#reader.head()
  }

  /** The cursor for everything up to and including a place. */
  cursorAt(seq: number): string {
    return this.#reader.cursorAt(seq)
  }

  /** The same for the place of a record that is at hand. @param id 64 hex digits */
  cursorOf(seq: number, id: string): string {
    return formatCursor(this.#reader.epoch, seq, id)
  }

  /** The place of a cursor. Throws `ProblemError`: see `parseCursor`. */
  placeOf(cursor: string): number {
    return this.#reader.placeOf(cursor)
  }

  /** @param id 64 hex digits */
  record(id: string): StoredRecord | undefined {
    const record = this.#reader.record(id)
    return record !== undefined && this.sees(record.thread) ? record : undefined
  }

  /** As `StoreReader.page`. */
  page(filter: ViewFilter, after: number, upTo: number, limit: number): RecordPage {
    return this.#reader.page({ ...filter, ...this.#sight }, after, upTo, limit)
  }

  thread(name: string): ThreadRow | undefined {
    return this.sees(name) ? this.#reader.thread(name) : undefined
  }

  /** Threads, newest first, that began before a place. */
  threads(before: number, limit: number): readonly ThreadRow[] {
    return this.#reader.threads(before, limit, this.#sight)
  }
}
