import { ProblemError } from '../config/problem-error.ts'
import type { RecordFilter, StoreReader } from '../store/reader.ts'
import type { StoredRecord } from '../store/stored-record.ts'

export interface RecordListOptions {
  readonly reader: StoreReader
  readonly filter: RecordFilter
  /** The sequence number already seen. */
  readonly after: number
  readonly limit: number
  /** How a record is written. */
  readonly write: (record: StoredRecord) => string
  /** Whether the reader may have more: asked for each page of a long list. */
  readonly holds: () => boolean
  /** What stands before the records, such as `{"records":[`. */
  readonly opening: string
}

/**
 * A list of records as JSON: text if it is small, else a stream that reads the store only as fast as the
 * client does, so a large `limit` costs no memory. It ends at what the store held at the first read;
 * `next_cursor` is where to go on, also after the last page.
 */
export function recordListBody(options: RecordListOptions): string | ReadableStream<Uint8Array> {
  const list = new RecordListWriter(options)
  const first = options.opening + list.next()
  if (list.done) return first
  let opening: string | undefined = first
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      pull(controller) {
        // Cut, not ended: a part must not look like the whole.
        if (!options.holds()) return controller.error(new Error('the bearer was revoked'))
        controller.enqueue(encoder.encode(opening ?? list.next()))
        if (opening === undefined && list.done) controller.close()
        opening = undefined
      },
    },
    { highWaterMark: 0 },
  )
}

class RecordListWriter {
  readonly #options: RecordListOptions
  readonly #upTo: number
  #after: number
  #left: number
  #separator = ''
  done = false

  constructor(options: RecordListOptions) {
    this.#options = options
    this.#upTo = options.reader.head()
    this.#after = options.after
    this.#left = options.limit
  }

  /**
   * The next page, and the end of the list with the last one. A list that meets something damaged ends before it: who goes on from
   * there is told.
   */
  next(): string {
    const { write } = this.#options
    const page = this.#page(this.#left)
    if (page === undefined) {
      this.done = true
      return this.#end(true)
    }
    let text = ''
    for (const record of page.records) {
      text += this.#separator + write(record)
      this.#separator = ','
    }
    this.#after = page.records.at(-1)?.seq ?? this.#after
    this.#left -= page.records.length
    this.done = !page.cut || this.#left === 0
    return this.done ? text + this.#end(page.cut) : text
  }

  /** Undefined for one that begins with what cannot be read, after others that could be. */
  #page(limit: number) {
    const { reader, filter, after } = this.#options
    try {
      return reader.page(filter, this.#after, this.#upTo, limit)
    } catch (error) {
      const isDamaged = error instanceof ProblemError && error.code === 'STORE_DAMAGED'
      if (isDamaged && this.#after > after) return undefined
      throw error
    }
  }

  #end(cut: boolean): string {
    const { reader } = this.#options
    const more = cut && this.#page(1)?.records.length !== 0
    const cursor = reader.cursorAt(more ? this.#after : this.#upTo)
    return `],"has_more":${more},"next_cursor":"${cursor}"}`
  }
}
