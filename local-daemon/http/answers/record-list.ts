import { isDamage } from '../../store/trouble/store-trouble.ts'
import type { RecordView, ViewFilter } from '../../store/record-view.ts'
import type { StoredRecord } from '../../store/stored-record.ts'
import type { TextPage } from './paged-answer.ts'

export interface RecordListOptions {
  /** What its reader may see. */
  readonly view: RecordView
  readonly filter: ViewFilter
  /** The sequence number already seen. */
  readonly after: number
  readonly limit: number
  /** How a record is written. */
  readonly write: (record: StoredRecord) => string
  /** What stands before the records, such as `{"records":[`. */
  readonly opening: string
}

/** Where a page of a list begins. */
export interface ListPlace {
  /** The sequence number of the record before it. */
  readonly after: number
  /** Records that the list may still have. */
  readonly left: number
}

/**
 * A list of records as JSON, page by page: a large `limit` costs no memory. It ends at what the store held at first;
 * `next_cursor` is where to go on, also after the last page. A page is the same each time it is asked for.
 */
export class RecordListText {
  readonly start: ListPlace
  readonly #options: RecordListOptions
  readonly #upTo: number

  constructor(options: RecordListOptions) {
    this.#options = options
    this.#upTo = options.view.head()
    this.start = { after: options.after, left: options.limit }
  }

  /**
   * The page at a place, and the end of the list with the last one. A list that meets something damaged ends before it: who goes
   * on from there is told.
   */
  page(place: ListPlace): TextPage<ListPlace> {
    const { write, opening, after: first } = this.#options
    const page = this.#read(place.after, place.left)
    if (page === undefined) return { text: this.#end(place.after, true), next: undefined }
    const { records, cut } = page
    const separator = records.length === 0 ? '' : ','
    const text = (place.after === first ? opening : separator) + records.map(write).join(',')
    const after = records.at(-1)?.seq ?? place.after
    const left = place.left - records.length
    if (cut && left > 0) return { text, next: { after, left } }
    return { text: text + this.#end(after, cut), next: undefined }
  }

  /** Undefined for one that begins with what cannot be read, after others that could be. */
  #read(after: number, limit: number) {
    const { view, filter, after: first } = this.#options
    try {
      return view.page(filter, after, this.#upTo, limit)
    } catch (error) {
      if (isDamage(error) && after > first) return undefined
      throw error
    }
  }

  #end(after: number, cut: boolean): string {
    const { view } = this.#options
    const more = cut && this.#read(after, 1)?.records.length !== 0
    const cursor = view.cursorAt(more ? after : this.#upTo)
    return `],"has_more":${more},"next_cursor":"${cursor}"}`
  }
}
