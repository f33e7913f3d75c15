import { STORE_LIMITS } from '../limits.ts'
import { type FeedHub, type FeedMember, type FeedRecord, toFeedRecord } from './feed-hub.ts'
import type { RecordView } from '../record-view.ts'

/**
 * 1. `backfill`: pages of the log as the reader asks for them. The feed ignores commits, so a reader
 *    may take hours and costs nothing.
 * 2. `cutover`: the log is (nearly) read. The feed collects commits from now on, and reads the log once more
 *    up to the place where collecting began.
 * 3. `live`: what was collected, and then new records as they come.
 * 4. `closed`.
 */
export type FeedPhase = 'backfill' | 'cutover' | 'live' | 'closed'

export type FeedEvent =
  /** All records of this feed after a sequence number, up to the last one of these. */
  | { readonly type: 'records'; readonly after: number; readonly records: readonly FeedRecord[] }
  /** The backlog is complete; the reader has seen everything up to `seq`. */
  | { readonly type: 'ready'; readonly seq: number }
  /** The reader did not keep up with the live phase. The last event. */
  | { readonly type: 'too-slow' }

export interface FeedOptions {
  /** What its reader may see. */
  readonly view: RecordView
  readonly hub: FeedHub
  /** The sequence number that the reader has seen. */
  readonly after: number
  /** Only this thread. */
  readonly thread?: string | undefined
}

/**
 * The records after a place in the log, then new ones: none missing, none twice, in order of `seq`.
 * What a reader has not taken is limited by `STORE_LIMITS.feedRecords` and `feedBytes`. Beyond that, the feed
 * ends with `too-slow`, and the reader resumes after its last event.
 */
export class Feed implements FeedMember {
  readonly #options: FeedOptions
  #phase: FeedPhase = 'backfill'
  #lastSeen: number
  /** Where collecting began: the cutover reads the log up to here. */
  #cutoverAt: number | undefined
  #gathered: FeedRecord[] = []
  #gatheredBytes = 0
  #tooSlow = false
  #wake: (() => void) | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    this.#lastSeen = options.after
  }

  get phase(): FeedPhase {
    return this.#phase
  }

  /** Live, and the reader has taken everything so far. */
  get caughtUp(): boolean {
    return this.#phase === 'live' && this.#gathered.length === 0 && !this.#tooSlow
  }

  /** The next event, if there is one already. */
  take(): FeedEvent | undefined {
    if (this.#tooSlow) {
      this.#tooSlow = false
      this.#phase = 'closed'
      return { type: 'too-slow' }
    }
    if (this.#phase === 'backfill') return this.#backfill()
    if (this.#phase === 'cutover') return this.#cutover()
    return this.#live()
  }

  /** Resolves with true once `take` may have an event or the feed has closed, with false after `ms`. */
  changed(ms: number): Promise<boolean> {
    if (this.#phase === 'closed' || this.#tooSlow || this.#gathered.length > 0) {
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        resolve(false)
      }, ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(true)
      }
    })
  }

  /** Ends the feed at once and frees what it collected. Idempotent. */
  close(): void {
    this.#phase = 'closed'
    this.#drop()
  }

  offer(records: readonly FeedRecord[]): void {
    for (const record of records) {
      if (!this.#isFor(record)) continue
      this.#gathered.push(record)
      this.#gatheredBytes += record.json.length
    }
    if (
      this.#gathered.length > STORE_LIMITS.feedRecords ||
      this.#gatheredBytes > STORE_LIMITS.feedBytes
    ) {
      this.#tooSlow = true
      this.#drop()
    } else if (this.#gathered.length > 0) this.#wake?.()
  }

  #backfill(): FeedEvent | undefined {
    const after = this.#lastSeen
    const { records, cut } = this.#read(this.#options.view.head())
    if (!cut) this.#phase = 'cutover'
    return records.length > 0 ? { type: 'records', after, records } : this.#cutover()
  }

  #cutover(): FeedEvent | undefined {
    if (this.#cutoverAt === undefined) {
      // In this order, in one turn: each commit is either read below or collected.
      this.#options.hub.join(this)
      this.#cutoverAt = this.#options.view.head()
    }
    const after = this.#lastSeen
    const { records } = this.#read(this.#cutoverAt)
    if (records.length > 0) return { type: 'records', after, records }
    // With a filter by thread the place may be far behind; nothing in between is for this feed.
    this.#lastSeen = Math.max(this.#lastSeen, this.#cutoverAt)
    this.#phase = 'live'
    return { type: 'ready', seq: this.#lastSeen }
  }

  #live(): FeedEvent | undefined {
    const after = this.#lastSeen
    const records: FeedRecord[] = []
    let bytes = 0
    let taken = 0
    for (const record of this.#gathered) {
      if (bytes >= STORE_LIMITS.pageBytes) break
      taken += 1
      this.#gatheredBytes -= record.json.length
      // Collected records come after the cutover by construction; this keeps it true whatever offers them.
      if (record.seq <= this.#lastSeen) continue
      this.#lastSeen = record.seq
      records.push(record)
      bytes += record.json.length
    }
    this.#gathered.splice(0, taken)
    return records.length === 0 ? undefined : { type: 'records', after, records }
  }

  /** One page of the log up to `upTo`; nothing stays open between two pages. */
  #read(upTo: number): { readonly records: readonly FeedRecord[]; readonly cut: boolean } {
    const { view, thread } = this.#options
    const page = view.page({ thread }, this.#lastSeen, upTo, STORE_LIMITS.pageRecords)
    this.#lastSeen = page.records.at(-1)?.seq ?? this.#lastSeen
    return { records: page.records.map(toFeedRecord), cut: page.cut }
  }

  #isFor(record: FeedRecord): boolean {
    const { view, thread } = this.#options
    return (thread === undefined || record.thread === thread) && view.sees(record.thread)
  }

  #drop(): void {
    this.#options.hub.leave(this)
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#wake?.()
  }
}
