import { STORE_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { isDatabaseError } from './trouble/store-trouble.ts'
import type { AppendResult } from './transactor.ts'

/** One caller's append in a shared transaction: returns its result or throws its own refusal. */
export type AppendStep<Transactor> = (tx: Transactor) => AppendResult

/** Work that writes much: does what it can until its time is over, so that single writes get their turn. */
export type BulkWork<Transactor, Result> = (tx: Transactor, isOver: () => boolean) => Result

/** Runs work in one transaction; throws if it was rolled back. */
export type Transact<Transactor> = <Result>(work: (tx: Transactor) => Result) => Result

interface Waiting<Transactor> {
  /** Appends share a transaction; other work gets its own. */
  readonly shares: boolean
  /** By the monotonic clock, milliseconds. */
  readonly until: number
  readonly run: (tx: Transactor) => unknown
  resolve(result: unknown): void
  reject(error: unknown): void
}

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 100

/**
 * The queue of what requests write; what the store writes for itself (open-store.ts) goes beside it, on the same connection.
 * The appends of one turn of the event loop share one transaction, and so one flush to
 * disk; each caller is answered only after the commit. A refused append does not fail the others: it throws before anything
 * of it is written.
 *
 * Nothing here blocks on a lock: while another program has the store, all wait in the queue, with pauses between two tries, and
 * are refused with `STORE_BUSY` after `STORE_LIMITS.storeBusyMs`.
 */
export class WriteQueue<Transactor> {
  readonly #transact: Transact<Transactor>
  #waiting: Waiting<Transactor>[] = []
  /** Batches of many writes: one at a time, in turns with everything else. */
  #bulk: Waiting<Transactor>[] = []
  #bulkWasLast = false
  #scheduled = false
  #pauseMs = 0
  #timer: NodeJS.Timeout | undefined
  /** When the last single write came, by the monotonic clock. */
  #singleAt = Number.NEGATIVE_INFINITY
  /** The same of a batch of many. */
  #bulkAt = Number.NEGATIVE_INFINITY

  constructor(transact: Transact<Transactor>) {
    this.#transact = transact
  }

  append(step: AppendStep<Transactor>): Promise<AppendResult> {
    return this.#enter(step, true)
  }

  /**
   * Work in its own transaction, after what waits already: in this turn, unless the store is locked. It must not wait
   * for anything.
   */
  transact<Result>(work: (tx: Transactor) => Result): Promise<Result> {
    const done = this.#enter(work, false)
    if (this.#pauseMs === 0) this.#drain()
    return done
  }

  /**
   * Work that writes much, in its own transaction. It gets every second turn while others wait, and less time in it if single
   * writes came lately: nothing else runs meanwhile, so none can cut it short.
   */
  bulk<Result>(work: BulkWork<Transactor, Result>): Promise<Result> {
    this.#bulkAt = performance.now()
    return this.#enter((tx) => work(tx, this.#bulkTurn()), false, this.#bulk)
  }

  /** Whether much is being written. */
  get isBulk(): boolean {
    return performance.now() - this.#bulkAt < STORE_LIMITS.bulkAloneAfterMs
  }

  #bulkTurn(): () => boolean {
    const { bulkTransactionMs, bulkAloneMs, bulkAloneAfterMs } = STORE_LIMITS
    const now = performance.now()
    const isAlone = now - this.#singleAt > bulkAloneAfterMs
    const until = now + (isAlone ? bulkAloneMs : bulkTransactionMs)
    return () => performance.now() >= until
  }

  #drain(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#takeSingle()
      const busy = this.#commit(batch)
      if (busy !== undefined) return this.#pause(batch, busy)
    }
  }

  /** Commits what waits now, before the store closes; if it is locked, refuses it. */
  flush(): void {
    clearTimeout(this.#timer)
    while (this.#waiting.length > 0 || this.#bulk.length > 0) {
      const batch = this.#take()
      const busy = this.#commit(batch)
      if (busy !== undefined) for (const { reject } of batch) reject(busy)
    }
  }

  #enter<Result>(
    run: (tx: Transactor) => Result,
    shares: boolean,
    queue = this.#waiting,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#pauseMs > 0 && this.#waiting.length >= STORE_LIMITS.writesWaiting) {
        return reject(tooMany())
      }
      const now = performance.now()
      if (queue !== this.#bulk) this.#singleAt = now
      const until = now + STORE_LIMITS.storeBusyMs
      queue.push({
        shares,
        until,
        run,
        resolve: resolve as (result: unknown) => void,
        reject,
      })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#next())
    })
  }

  #next(): void {
    const batch = this.#take()
    const busy = this.#commit(batch)
    if (busy !== undefined) return this.#pause(batch, busy)
    this.#pauseMs = 0
    this.#scheduled = this.#waiting.length > 0 || this.#bulk.length > 0
    // Other work of the event loop gets a turn between two full transactions.
    if (this.#scheduled) setImmediate(() => this.#next())
  }

  /** Puts a batch back in front, refuses those that have waited too long, and tries again later. */
  #pause(batch: readonly Waiting<Transactor>[], busy: ProblemError): void {
    const now = performance.now()
    const waitsOn = (one: Waiting<Transactor>) => {
      if (one.until > now) return true
      one.reject(busy)
      return false
    }
    const [bulk, waiting] = this.#bulkWasLast ? [batch, []] : [[], batch]
    this.#bulk = [...bulk, ...this.#bulk].filter(waitsOn)
    this.#waiting = [...waiting, ...this.#waiting].filter(waitsOn)
    this.#scheduled = this.#waiting.length > 0 || this.#bulk.length > 0
    if (!this.#scheduled) {
      this.#pauseMs = 0
      return
    }
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2 || FIRST_PAUSE_MS)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#next(), this.#pauseMs)
  }

  /** What goes into the next transaction: a batch of many writes in every second turn, if others wait too. */
  #take(): readonly Waiting<Transactor>[] {
    const isBulk = this.#bulk.length > 0 && (!this.#bulkWasLast || this.#waiting.length === 0)
    if (!isBulk) return this.#takeSingle()
    this.#bulkWasLast = true
    return this.#bulk.splice(0, 1)
  }

  /** All appends at the front, or one other work. */
  #takeSingle(): readonly Waiting<Transactor>[] {
    this.#bulkWasLast = false
    const first = this.#waiting.findIndex(({ shares }) => !shares)
    const appends = first === -1 ? this.#waiting.length : first
    return this.#waiting.splice(0, Math.max(1, Math.min(appends, STORE_LIMITS.commitRecords)))
  }

  /** Commits a batch and answers its callers. If the store is locked, returns the refusal and answers nobody. */
  #commit(batch: readonly Waiting<Transactor>[]): ProblemError | undefined {
    if (batch.length === 0) return undefined
    const answers: (() => void)[] = []
    try {
      this.#transact((tx) => {
        for (const { run, resolve, reject, shares } of batch) {
          try {
            const result = run(tx)
            answers.push(() => resolve(result))
          } catch (error) {
            // It was alone, so its transaction is rolled back with it.
            if (!shares || isStoreFault(error)) throw error
            answers.push(() => reject(error))
          }
        }
      })
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'STORE_BUSY') return error
      this.#rolledBack(batch, error)
      return undefined
    }
    for (const answer of answers) answer()
    return undefined
  }

  /** A statement failed part-way, so nothing of the batch is kept. Each gets its own transaction. */
  #rolledBack(batch: readonly Waiting<Transactor>[], error: unknown): void {
    if (batch.length === 1 || !isStoreFault(error)) {
      for (const { reject } of batch) reject(error)
      return
    }
    for (const one of batch) {
      const busy = this.#commit([one])
      if (busy !== undefined) one.reject(busy)
    }
  }
}

/** Errors that may leave a half-done step behind; other refusals come before anything is written. */
export function isStoreFault(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return isDatabaseError(error)
  return error.code.startsWith('STORE_') && error.code !== 'STORE_CEILING_REACHED'
}

function tooMany(): ProblemError {
  return new ProblemError(
    'STORE_BUSY',
    'Another program has the store locked, and too many writes wait for it',
    { try: 'Try again in a moment.', retryAfter: 1 },
  )
}
