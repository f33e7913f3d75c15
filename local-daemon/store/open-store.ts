import { detach } from '../../protocol/detach.ts'
import { tellEach } from '../../protocol/tell-each.ts'
import type { ProblemError } from '../problem/problem-error.ts'
import { realPath } from '../home/real-path.ts'
import { STORE_LIMITS } from './limits.ts'
import { closeDatabase } from './file/close-database.ts'
import { CursorSeal } from './cursor-seal.ts'
import { CommitListeners, throwLater } from './commit-listeners.ts'
import { sqliteVersion } from './file/open-connection.ts'
import { type RecordDraft, sealRecord } from './draft.ts'
import type { Ended } from './ended/ended.ts'
import { endedUnlessDamaged } from './ended/ended-in.ts'
import { Census } from './trouble/census.ts'
import { IdempotencyKeys } from './idempotency.ts'
import type { LossWatch } from './file/loss-watch.ts'
import { createReader, type StoreReader } from './reader.ts'
import { SearchIndex } from './search/search-index.ts'
import { createSlowReads, type SlowReads } from './slow-reads.ts'
import { Eraser } from './redaction/eraser.ts'
import type { RedactionNote, RedactResult } from './redaction/redact.ts'
import { openDatabase } from './open-database.ts'
import { newStamp } from './file/stamp.ts'
import { StoreSizes } from './size/store-sizes.ts'
import {
  foundDamage,
  meaningOf,
  problemFrom,
  type StoreTrouble,
  troubleFrom,
} from './trouble/store-trouble.ts'
import type { StoreOptions } from './file/store-options.ts'
import type { StoredRecord } from './stored-record.ts'
import {
  type AppendOptions,
  type AppendResult,
  createTransactor,
  type StoreTransactor,
} from './transactor.ts'
import { hasRoom } from './trouble/has-room.ts'
import { fullTrouble } from './trouble/why-not-written.ts'
import { WriteQueue } from './write-queue.ts'

/** The daemon's store: one writer, many reads. */
export interface Store extends StoreReader, SlowReads {
  /**
   * Appends a local record and resolves once it is durable. Rejects with `ProblemError`: `CLOCK_CONFLICT`, or
   * `STORE_…` if something is wrong with the store.
   */
  append(draft: RecordDraft, options?: AppendOptions): Promise<AppendResult>
  /**
   * Takes the body out of a record for good: see `StoreTransactor.redact`. Resolves once it is durable, with whether every
   * file of the store is clear of it already: a reader of another program delays that. Rejects as `append`.
   */
  redact(id: string, noteOf: RedactionNote): Promise<RedactResult & { readonly erased: boolean }>
  /** Runs the work in its own write transaction. It must not wait for anything. Rejects as `append`. */
  transact<Result>(work: (tx: StoreTransactor) => Result): Promise<Result>
  /** The same for many writes. */
  readonly transactBulk: WriteQueue<StoreTransactor>['bulk']
  /** What has ended by its tables; undefined if they cannot be read. */
  ended(): Ended | undefined
  /** Clears the files of what was just redacted, in a store that was put back: makes the file anew. As far as it can now. */
  eraseForeign(): Promise<void>
  readonly commits: CommitListeners
  readonly sizes: StoreSizes
  /** Finds records by words sooner. Close it before the store, to know that its thread has ended. */
  readonly searchIndex: SearchIndex
  /** Hides the numbers in cursors of readers that may not see everything. */
  readonly seal: CursorSeal
  /** The version of SQLite that this process has loaded. */
  readonly sqliteVersion: string
  /** What is wrong with it now, if anything. */
  trouble(): StoreTrouble | undefined
  /** Why it is another store than the previous one; then its cursors have a new epoch. */
  readonly lineageBroken: string | undefined
  /** Resolves once what is open is saved, if its file was lost. */
  whenSaved(): Promise<void>
  /** Commits what waits, checkpoints the write-ahead log into the file and closes. Idempotent. */
  close(): void
}

/** Opens or makes the store. Throws `StoreOpenError`. */
export function openStore(options: StoreOptions): Store {
  const { origin, folds = [], onFault = throwLater, withheld = new Set<string>() } = options
  const path = options.path === null ? null : realPath(options.path)
  const { database, statements, lineage, state, loss, ...opened } = openDatabase(options)
  const commits = new CommitListeners(onFault)
  let { stamp, newest } = opened
  let head = newest.seq
  let busySince: number | undefined

  const reader = createReader({
    statements,
    head: () => head,
    refusal: (error) => state.refusal(error, 'reading'),
    damaged: (what, of) => problemFrom(state.meet(foundDamage(what, of))),
    census: () => census,
  })
  const census = new Census(database, (fault) => state.meet(foundDamage(fault, 'file')))
  census.start()
  const sizes = new StoreSizes({ database, statements, path, reader: () => reader })
  const keys = new IdempotencyKeys(statements, reader)
  const check = () => look('thoroughly')
  const { epoch } = reader
  const [headNow, isBulk] = [() => head, () => queue.isBulk]
  const searchIndex = new SearchIndex({ store: path, epoch, head: headNow, isBulk, state })
  const slow = createSlowReads({ path, database, epoch, state, check, searchIndex })

  const commit = database.transaction((work: () => unknown) => work()).immediate

  /** Throws `ProblemError` if the files are locked or cannot be checked. */
  function look(when: 'before' | 'after' | 'thoroughly'): void {
    try {
      loss?.check(when, { stamp, seq: newest.seq, id: newest.id })
    } catch (error) {
      throw writeRefusal(error)
    }
  }

  /** One transaction, at once. Throws `ProblemError` `STORE_…`, and what the work throws. */
  function transactNow<Result>(work: (tx: StoreTransactor) => Result): Result {
    const before = head
    const appended: StoredRecord[] = []
    const effects: (() => void)[] = []
    const tx = createTransactor({
      statements,
      reader,
      origin,
      folds,
      nextSeq: () => (head += 1),
      appended,
      withheld,
      refuseGrowth: sizes.ceiling.forTransaction(),
      onCommit: (effect) => {
        effects.push(effect)
      },
      onRedacted: ({ seq, raw }) =>
        effects.push(() => {
          searchIndex.forget(seq, raw)
          eraser.note()
        }),
    })
    look('before')
    refuseIfKnown()
    let result: Result
    try {
      const next = loss?.stampAfter === undefined ? undefined : newStamp(loss.stampAfter)
      result = commit(() => {
        if (next !== undefined) statements.stamp.run(next)
        const done = work(tx)
        tx.writeCounts()
        return done
      }) as Result
      if (next !== undefined) {
        stamp = next
        loss?.stamped()
      }
    } catch (error) {
      head = before
      throw writeRefusal(error)
    }
    const last = appended.at(-1)
    if (last !== undefined) newest = last
    wrote()
    // Do not acknowledge what went into a file that nobody finds again.
    look('after')
    if (state.end !== undefined) throw problemFrom(state.end)
    if (last !== undefined) lineage?.note(reader.epoch, last.seq, last.id)
    tellEach(effects, (effect) => effect(), onFault)
    if (appended.length > 0) {
      searchIndex.wrote()
      commits.notify(appended)
    }
    return result
  }

  /** A known trouble is reported at once; `tick` checks whether it has passed. */
  function refuseIfKnown(): void {
    if (state.end !== undefined) throw problemFrom(state.end)
    const { passing } = state
    if (passing !== undefined && passing.code !== 'STORE_BUSY') throw problemFrom(passing)
  }

  function wrote(): void {
    busySince = undefined
    state.wrote()
  }

  function writeRefusal(error: unknown): ProblemError | unknown {
    if (meaningOf(error) !== 'STORE_BUSY') {
      const full = path === null ? undefined : fullTrouble(path, error)
      return full === undefined ? state.refusal(error, 'writing') : problemFrom(state.meet(full))
    }
    busySince ??= performance.now()
    const trouble = troubleFrom('STORE_BUSY', error as Error)
    const isLong = performance.now() - busySince > STORE_LIMITS.storeBusyToldMs
    return problemFrom(isLong ? state.meet(trouble) : trouble)
  }

  /** Clears the files of redacted bodies, as far as it can now. */
  function erase(isForeign = false): void {
    if (isForeign) eraser.noteForeign()
    if (!eraser.isPending || !searchIndex.isClear || state.end !== undefined) return
    guarded(() => eraser.erase())
    guarded(() => look('after'))
  }

  /** What goes wrong is trouble of the store, and no refusal of anybody. */
  function guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      writeRefusal(error)
    }
  }

  /** Checks a store that nobody writes to: whether its file is there, and whether its trouble has passed. */
  function tick(): void {
    try {
      look('thoroughly')
    } catch {
      return
    }
    if (state.end !== undefined) return
    if (state.passing === undefined) {
      erase()
      return guarded(() => sizes.shrinkLog())
    }
    try {
      if (state.passing.code === 'STORE_BUSY') commit(() => undefined)
      else if (!hasRoom(path, statements, commit)) return
      wrote()
    } catch (error) {
      writeRefusal(error)
    }
  }

  function closeOpen({ isLost, found }: LossWatch): void {
    const stampLast = () => commit(() => statements.stamp.run(newStamp(found)))
    if (isLost) database.close()
    else closeDatabase(database, state.trouble, stampLast)
  }

  const eraser = new Eraser(database, statements, commit)
  guarded(() => eraser.begin())
  // A redaction that a kill interrupted: nobody knows any more what the index has of it.
  if (eraser.isPending) searchIndex.remove()
  erase()
  const timer = setInterval(tick, STORE_LIMITS.storeRetryMs).unref()
  const queue = new WriteQueue<StoreTransactor>(transactNow)

  return {
    ...reader,
    query: slow.query,
    clocks: slow.clocks,
    search: slow.search,
    searchIndex,
    commits,
    sizes,
    seal: new CursorSeal(reader.epoch, (bytes) => origin.sign(bytes)),
    sqliteVersion: sqliteVersion(database),
    transact: (work) => queue.transact(work),
    transactBulk: (work) => queue.bulk(work),
    async redact(id, noteOf) {
      const result = await queue.transact((tx) => tx.redact(id, noteOf))
      await searchIndex.whenClear().then(() => erase())
      return { ...result, erased: !eraser.isPending }
    },
    eraseForeign: () => searchIndex.whenClear().then(() => erase(true)),
    ended: () => endedUnlessDamaged(database),
    trouble: () => state.trouble,
    lineageBroken: opened.broken,
    whenSaved: () => loss?.whenSaved() ?? Promise.resolve(),
    append(draft, { admit, once, guard, also } = {}) {
      const { clock } = draft
      const step = clock === undefined ? draft : sealRecord({ ...draft, clock })
      return queue.append((tx) => {
        admit?.(tx)
        const before = once && keys.recall(once)
        if (before !== undefined) return { record: before, created: false }
        guard?.(tx)
        const result = tx.append(step)
        if (once !== undefined) keys.remember(once, result.record.seq)
        also?.(tx, result)
        return result
      })
    },
    close() {
      if (!database.open) return
      clearInterval(timer)
      census.stop()
      slow.close()
      detach(searchIndex.close(), onFault)
      queue.flush()
      if (loss === undefined) closeDatabase(database, state.trouble, () => {})
      else loss.closing(() => closeOpen(loss))
      lineage?.close()
    },
  }
}
