import { hash } from 'node:crypto'
import {
  headerLine,
  partLine,
  partText,
  type ExportHeader,
} from '../../../protocol/records/export-lines.ts'
import type { Identity } from '../../access/identity/identity.ts'
import type { RecordView, ViewFilter } from '../../store/record-view.ts'
import { exportJson, type StoredRecord } from '../../store/stored-record.ts'
import { isDamage } from '../../store/trouble/store-trouble.ts'
import type { TextPage } from './paged-answer.ts'
import type { ListPlace } from './record-list.ts'

export interface ExportTextOptions {
  /** What its reader may see. */
  readonly view: RecordView
  /** Signs each part. */
  readonly identity: Identity
  readonly filter: ViewFilter
  /** The filter as the header tells it. */
  readonly query: ExportHeader['query']
  /** The sequence number that the whole export begins after. */
  readonly begin: number
  /** The one that this answer begins after: it may be the rest of an export. */
  readonly after: number
  /** Infinity for all that there is. */
  readonly limit: number
  /** Unix seconds. */
  readonly createdAt: number
}

/** Threads whose namespaces are remembered. */
const THREADS_MAX = 4_096

/**
 * Records as the lines of an export, page by page: each page is one signed part, so that whoever was cut off goes on after the
 * last part. It ends at what the store held at first. A page is the same each time it is asked for.
 */
export class ExportText {
  readonly start: ListPlace
  readonly #options: ExportTextOptions
  readonly #header: ExportHeader
  readonly #upTo: number
  /** By thread: it never moves. */
  readonly #namespaces = new Map<string, string | undefined>()

  constructor(options: ExportTextOptions) {
    const { view, identity, query, begin, after, limit } = options
    this.#options = options
    this.#header = { exporter: identity.did, query, since: view.cursorAt(begin) }
    this.#upTo = view.head()
    this.start = { after, left: limit }
  }

  page(place: ListPlace): TextPage<ListPlace> {
    const { identity, view, createdAt, after: first } = this.#options
    const page = this.#read(place.after, place.left)
    const { records, cut } = page ?? { records: [], cut: true }
    const lines = records.map((record) => this.#line(record)).join('')
    const last = records.at(-1)?.seq ?? place.after
    const left = place.left - records.length
    // A part that cannot be read ends the answer, as a limit does: who goes on from there is told.
    const next = page !== undefined && cut && left > 0 ? { after: last, left } : undefined
    const more = next !== undefined || (cut && this.#read(last, 1)?.records.length !== 0)
    const part = {
      created_at: createdAt,
      since: view.cursorAt(place.after),
      // A reader with a reach may ask from a place behind the newest that it sees.
      next_cursor: view.cursorAt(more ? last : Math.max(this.#upTo, place.after)),
      records: records.length,
      sha256: hash('sha256', lines, 'hex'),
      has_more: more,
    }
    const signature = identity.sign(Buffer.from(partText(this.#header, part)))
    const header = place.after === first ? headerLine(this.#header) : ''
    const sig = Buffer.from(signature).toString('base64url')
    return { text: header + lines + partLine(part, sig), next }
  }

  #line(record: StoredRecord): string {
    const { thread } = record
    let namespace = this.#namespaces.get(thread)
    if (namespace === undefined) {
      namespace = this.#options.view.namespaceOf(thread)
      if (this.#namespaces.size >= THREADS_MAX) this.#namespaces.clear()
      this.#namespaces.set(thread, namespace)
    }
    return `${exportJson(record, namespace)}\n`
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
}
