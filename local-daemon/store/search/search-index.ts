import { setTimeout as wait } from 'node:timers/promises'
import { detach } from '../../../protocol/detach.ts'
import { STORE_LIMITS } from '../limits.ts'
import { indexBytes, indexPath, removeIndex } from './index-file.ts'
import type { IndexAnswer, IndexJob } from './index-messages.ts'
import type { Forgotten } from './index-steps.ts'
import { markOf } from './index-mark.ts'
import { IndexThread } from './index-thread.ts'
import { Pause } from './pause.ts'
import type { SearchIndexParts } from './search-index-parts.ts'
import { indexStatus, type SearchIndexStatus } from './search-index-status.ts'
import type { SearchIndexView } from './search-index-view.ts'

/**
 * The index of the words in records: a cache beside the store, written in a thread of its own, after the records. Whatever is wrong
 * with its file, it is made anew.
 */
export class SearchIndex {
  readonly #parts: SearchIndexParts
  readonly #path: string | undefined
  readonly #pause = new Pause()
  #isStopped = false
  #isEnabled = false
  /** Until the setting is known. */
  #isFirst = true
  #thread: IndexThread | undefined
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #resting: NodeJS.Timeout | undefined
  #indexedSeq = 0
  /** Which file it is; undefined until something is known of it. */
  #mark: string | undefined
  #made = 0
  /** Whether another file is in its place, or none. */
  #isReplaced = false
  /** Redacted records that it still has. */
  #forgotten: readonly Forgotten[] = []
  /** Whether its log may still have something of a redacted record. */
  #isLogFull = false
  #isToRemove = false
  #problem: string | null = null

  constructor(parts: SearchIndexParts) {
    this.#parts = parts
    this.#path = parts.store === null ? undefined : indexPath(parts.store)
  }

  /** Whether records may be searched. */
  get isEnabled(): boolean {
    return this.#isEnabled
  }

  /** By the setting. Turned off, its files go. */
  set isEnabled(isEnabled: boolean) {
    if (isEnabled === this.#isEnabled && !this.#isFirst) return
    this.#isFirst = false
    this.#isEnabled = isEnabled
    if (isEnabled) this.#wake(STORE_LIMITS.indexAfterMs)
    else this.remove()
  }

  /** For a search that begins now. */
  view(): SearchIndexView {
    this.#look()
    if (this.#isReplaced) this.#wake(0)
    const isUsed = this.#isEnabled && !this.#isToRemove && !this.#isReplaced
    const path = this.#path === undefined ? null : isUsed ? this.#path : ''
    return { path, indexedSeq: isUsed ? this.#indexedSeq : 0, made: this.#made }
  }

  /** A search could not use the index that it was given: it is made anew, if it is not by now. */
  distrust({ made }: SearchIndexView): void {
    if (made === this.#made && this.#isEnabled && !this.#isToRemove) this.remove()
  }

  get status(): SearchIndexStatus {
    this.#look()
    if (this.#isReplaced) this.#wake(0)
    // What is about to go counts no more.
    const indexed = this.#isToRemove ? 0 : this.#indexedSeq
    const [isEnabled, problem, path] = [this.#isEnabled, this.#problem, this.#path]
    return indexStatus({ isEnabled, problem, path, left: this.#parts.head() - indexed })
  }

  /** Records were written. */
  wrote(): void {
    if (this.#isEnabled) this.#wake(STORE_LIMITS.indexAfterMs)
  }

  /** A record was redacted. @param raw with its body */
  forget(seq: number, raw: string): void {
    if (this.#path === undefined) return
    if (!this.#isEnabled) {
      // Before the setting is known there may be files of the last run.
      if (this.#isFirst) this.remove()
      return
    }
    // Nothing is indexed yet, and nobody is about to.
    if (this.#running === undefined && this.#thread === undefined && indexBytes(this.#path) === 0) {
      return
    }
    this.#forgotten = [...this.#forgotten, { seq, raw }]
    this.#wake(0)
  }

  /** Whether none of its files has anything of a redacted record. */
  get isClear(): boolean {
    return this.#forgotten.length === 0 && !this.#isLogFull && !this.#isToRemove
  }

  /** Resolves once it is clear, or after a while. */
  async whenClear(): Promise<void> {
    const until = performance.now() + STORE_LIMITS.indexClearMs
    while (!this.isClear && performance.now() < until && this.#running !== undefined) {
      await Promise.race([this.#running, wait(CLEAR_STEP_MS, undefined, { ref: false })])
    }
  }

  /** Makes it anew. Resolves once the old one is gone, or could not be taken away: then there is a problem. */
  async rebuild(): Promise<SearchIndexStatus> {
    this.#problem = null
    this.remove()
    await this.whenClear()
    return this.status
  }

  /** Takes its files away. While it is enabled, it is then made anew. */
  remove(): void {
    if (this.#path === undefined) return
    this.#isToRemove = true
    // At once if nothing has it open: a daemon that is killed right afterwards leaves none.
    if (this.#running !== undefined || this.#thread !== undefined) this.#wake(0)
    else if (!this.#removeNow(this.#path)) this.#wake(STORE_LIMITS.indexRetryMs)
    else if (this.#isEnabled) this.#wake(STORE_LIMITS.indexAfterMs)
  }

  /** Ends its thread, at the latest after the work in hand. */
  async close(): Promise<void> {
    this.#isStopped = true
    this.#pause.end()
    clearTimeout(this.#timer)
    clearTimeout(this.#resting)
    await this.#running
    await this.#endThread()
  }

  #wake(afterMs: number): void {
    if (this.#path === undefined || this.#isStopped) return
    if (this.#running !== undefined) return afterMs === 0 ? this.#pause.cut() : undefined
    const path = this.#path
    if (afterMs === 0) return this.#start(path)
    this.#timer ??= setTimeout(() => this.#start(path), afterMs)
    this.#timer.unref()
  }

  #start(path: string): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#resting)
    this.#timer = undefined
    this.#running = this.#run(path).finally(() => {
      this.#running = undefined
    })
    detach(this.#running, () => {})
  }

  /** Never rejects. */
  async #run(path: string): Promise<void> {
    for (let job = this.#next(path); job !== undefined; job = this.#next(path)) {
      if (job === 'reopen') {
        // What is there now is looked at when it is opened: it is kept, put aside or made anew.
        await this.#endThread()
        this.#begin()
        continue
      }
      if (job === 'remove') {
        await this.#endThread()
        if (!this.#removeNow(path)) return this.#later()
        continue
      }
      this.#thread ??= new IndexThread()
      const began = performance.now()
      const then = this.#take(job, await this.#thread.run(job))
      if (then === 'later') return this.#later()
      if (then === 'soon') await this.#pause.wait(CLEAR_STEP_MS)
      else if (job.kind === 'index') await this.#pause.wait(this.#restAfter(began))
    }
    this.#resting = setTimeout(() => {
      if (this.#running === undefined) detach(this.#endThread(), () => {})
    }, STORE_LIMITS.indexIdleMs)
    this.#resting.unref()
  }

  /** After this run has ended. */
  #later(): void {
    setImmediate(() => this.#wake(STORE_LIMITS.indexRetryMs))
  }

  #next(path: string): IndexJob | 'remove' | 'reopen' | undefined {
    if (this.#isStopped) return undefined
    if (this.#isToRemove) return 'remove'
    if (!this.#isEnabled) return undefined
    this.#look()
    if (this.#isReplaced) return 'reopen'
    const { store, epoch, head, state } = this.#parts
    // To open a file without its log would make one beside it.
    if (state.end !== undefined) return undefined
    const job = { path, store: store ?? '', epoch }
    if (this.#forgotten.length > 0) return { ...job, kind: 'forget', forgotten: this.#forgotten }
    if (this.#isLogFull) return { ...job, kind: 'clear' }
    return this.#indexedSeq < head() ? { ...job, kind: 'index' } : undefined
  }

  /** Whether its file is still the one that was written: it may be gone, replaced or overwritten at any time. */
  #look(): void {
    if (this.#path === undefined || this.#mark === undefined || this.#isReplaced) return
    if (markOf(this.#path) === this.#mark) return
    this.#isReplaced = true
    this.#indexedSeq = 0
  }

  #take(job: IndexJob, answer: IndexAnswer): 'now' | 'soon' | 'later' {
    switch (answer.kind) {
      case 'indexed':
        // If it was replaced meanwhile, this says nothing of what is there now.
        if (!this.#isReplaced) this.#indexedSeq = answer.indexedSeq
        this.#mark ??= markOf(job.path) ?? NONE
        this.#problem = null
        return 'now'
      case 'forgotten':
        if (job.kind === 'forget') this.#forgotten = this.#forgotten.slice(job.forgotten.length)
        this.#isLogFull = true
        return 'now'
      case 'cleared':
        this.#isLogFull = false
        return 'now'
      case 'closed':
        return 'now'
      case 'busy':
        return 'soon'
      case 'redacted':
        // By another program, or before a kill: what was in the record is not known any more.
        this.#isToRemove = this.#forgotten.length === 0
        return 'now'
      case 'unusable':
      case 'failed': {
        const isFirst = this.#problem === null
        this.#problem = answer.kind === 'failed' ? answer.message : answer.why
        this.#isToRemove = answer.kind === 'unusable' || !this.isClear
        // Made anew at once, but not for ever.
        return this.#isToRemove && isFirst ? 'now' : 'later'
      }
    }
  }

  /** Returns whether it is gone. */
  #removeNow(path: string): boolean {
    try {
      removeIndex(path)
    } catch (error) {
      this.#problem = (error as Error).message
      return false
    }
    this.#isToRemove = false
    this.#isLogFull = false
    this.#forgotten = []
    this.#begin()
    return true
  }

  /** Nothing is known of its file. */
  #begin(): void {
    this.#indexedSeq = 0
    this.#mark = undefined
    this.#isReplaced = false
    this.#made += 1
  }

  /** What a bulk append is signed and verified with is not taken from it. */
  #restAfter(began: number): number {
    if (this.#parts.isBulk()) return STORE_LIMITS.indexBulkPauseMs
    return (performance.now() - began) * STORE_LIMITS.indexPause
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    if (thread === undefined) return
    const { store, epoch } = this.#parts
    await thread.run({ kind: 'close', path: this.#path ?? '', store: store ?? '', epoch })
    await thread.end()
  }
}

/** No file: what was written is gone already. */
const NONE = 'none'
/** Between two tries to clear the log. */
const CLEAR_STEP_MS = 100
