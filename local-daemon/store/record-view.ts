import { isInNamespace } from '../../protocol/identity/namespace-name.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { formatCursor } from './cursor.ts'
import { CursorSeal } from './cursor-seal.ts'
import type { StoreReader } from './reader.ts'
import type { RecordFilter, RecordPage } from './record-pages.ts'
import type { NamespaceRow, ThreadRow } from './rows.ts'
import { EVERYTHING, sees, type Sight, sightKey } from './sight.ts'
import type { StoredRecord } from './stored-record.ts'
import { isDamage } from './trouble/store-trouble.ts'

/** A store that is read by somebody. */
type ViewedStore = StoreReader & { readonly seal: CursorSeal }

/** Which of the records that a reader may see. */
export type ViewFilter = Omit<RecordFilter, keyof Sight>

/**
 * The records, threads and places that one reader may see. What it may not see does not exist here: no answer differs from
 * the one for a store without it. Every route, list and feed of records reads through one of these.
 */
export class RecordView {
  readonly #store: ViewedStore
  readonly #sight: Sight
  /** Hides the numbers in cursors, by which a bearer with a reach could count what is out of it. */
  readonly #seal: CursorSeal | undefined

  /** @param isBounded whether its reader has a reach: one that asks for less than it may see needs no sealed cursors */
  constructor(
    store: ViewedStore,
    sight: Sight = EVERYTHING,
    isBounded = sight.reach !== undefined,
  ) {
    this.#store = store
    this.#sight = sight
    this.#seal = isBounded ? store.seal : undefined
  }

  /** Equal for two views of the same, that write the same cursors. */
  get key(): string {
    return `${this.#seal === undefined ? '' : 'sealed '}${sightKey(this.#sight)}`
  }

  /** What it sees, as an export tells it. */
  get sight(): Sight {
    return this.#sight
  }

  /** The same without the threads of the daemon itself. */
  withoutOwn(): RecordView {
    return this.#narrowed({ ...this.#sight, withoutOwn: true })
  }

  /** Of what it sees, what is in a namespace or below it. */
  within(namespace: string): RecordView {
    const { namespaces, threads } = this.#sight.reach ?? { namespaces: [namespace], threads: [] }
    const isIn = (name: string | undefined) => name !== undefined && isInNamespace(name, namespace)
    const isReached = namespaces.some((name) => isInNamespace(namespace, name))
    return this.#narrowed({
      withoutOwn: true,
      reach: {
        namespaces: isReached ? [namespace] : namespaces.filter(isIn),
        threads: threads.filter((thread) => isIn(this.#store.namespaceOf(thread))),
      },
    })
  }

  #narrowed(sight: Sight): RecordView {
    return new RecordView(this.#store, sight, this.#seal !== undefined)
  }

  sees(thread: string): boolean {
    return sees(this.#sight, thread, this.#store.namespaceOf)
  }

  /** The namespace of a thread that it sees; undefined for one of the daemon itself. */
  namespaceOf(thread: string): string | undefined {
    return this.sees(thread) ? this.#guarded(() => this.#store.namespaceOf(thread)) : undefined
  }

  /** The newest place with something to see, 0 if there is nothing. */
  head(): number {
    return this.#store.head(this.#sight.reach)
  }

  /** The cursor for everything up to and including a place. */
  cursorAt(seq: number): string {
    return this.#told(this.#store.cursorAt(seq))
  }

  /** The same for the place of a record that is at hand. @param id 64 hex digits */
  cursorOf(seq: number, id: string): string {
    return this.#told(formatCursor(this.#store.epoch, seq, id))
  }

  /** The place of a cursor. Throws `ProblemError`: see `parseCursor`. */
  placeOf(cursor: string): number {
    const { epoch, seal } = this.#store
    const isSealed = this.#seal !== undefined || CursorSeal.isSealed(cursor)
    return this.#store.placeOf(isSealed ? seal.open(cursor, epoch) : cursor)
  }

  /** @param id 64 hex digits */
  record(id: string): StoredRecord | undefined {
    return this.#guarded(() => this.#store.record(id, this.#sight))
  }

  /** As `StoreReader.page`. */
  page(filter: ViewFilter, after: number, upTo: number, limit: number): RecordPage {
    return this.#guarded(() => this.#store.page({ ...filter, ...this.#sight }, after, upTo, limit))
  }

  thread(name: string): ThreadRow | undefined {
    return this.sees(name) ? this.#guarded(() => this.#store.thread(name)) : undefined
  }

  /** Threads, newest first, that began before a place. @param namespace only those in it and below it */
  threads(before: number, limit: number, namespace?: string): readonly ThreadRow[] {
    return this.#guarded(() => this.#store.threads(before, limit, this.#sight, namespace))
  }

  /** Namespaces that it sees all of, in order of the records that made them. @param after see `StoreReader.namespaces` */
  namespaces(after: number, limit: number): readonly NamespaceRow[] {
    const { reach } = this.#sight
    if (reach === undefined) return this.#store.namespaces(after, limit)
    const inReach = ({ name }: NamespaceRow) =>
      reach.namespaces.some((place) => isInNamespace(name, place))
    // A store has few: all are looked at.
    return this.#store.namespaces(after, EVERY).filter(inReach).slice(0, limit)
  }

  #told(cursor: string): string {
    return this.#seal?.close(cursor) ?? cursor
  }

  /** Whom a number must not be told, damage is told without it. */
  #guarded<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      if (this.#seal === undefined || !(error instanceof ProblemError) || !isDamage(error))
        throw error
      const next = error.detail.try?.replace(PLACE, (_, cursor: string) => this.#told(cursor))
      const message = 'A record here is not what was written'
      throw new ProblemError(error.code, message, {
        ...error.detail,
        try: next ?? 'Tell the owner.',
      })
    }
  }
}

/** The same view, or what of it is in a namespace and below it, if one is named. */
export function viewWithin(view: RecordView, namespace: string | undefined): RecordView {
  return namespace === undefined ? view : view.within(namespace)
}

/** SQLite's word for no limit. */
const EVERY = -1

/** Where the refusal of a damaged record says how to continue without it. */
const PLACE = /(?<=since=)(\S+)/
