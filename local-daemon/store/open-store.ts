import type { Database } from 'better-sqlite3'
import { ProblemError } from '../config/problem-error.ts'
import { CommitListeners } from './commit-listeners.ts'
import { type ConnectionOptions, openConnection, sqliteVersion } from './connection.ts'
import { type RecordDraft, sealRecord } from './draft.ts'
import { GroupCommit } from './group-commit.ts'
import { IdempotencyKeys, type Once } from './idempotency.ts'
import { createReader, type StoreReader } from './reader.ts'
import { prepareStatements } from './statements.ts'
import { isFatalStoreError } from './store-error.ts'
import type { StoredRecord } from './stored-record.ts'
import {
  type AppendResult,
  createTransactor,
  type Fold,
  type LocalOrigin,
  type StoreTransactor,
} from './transactor.ts'

export interface AppendOptions {
  /** Makes the append repeatable: see `Once`. Then also `IDEMPOTENCY_KEY_REUSED`. */
  readonly once?: Once | undefined
  /** What belongs into the same transaction, and is not done for a repeated append. */
  readonly also?: (tx: StoreTransactor, result: AppendResult) => void
}

/** The daemon's store: one writer, many reads. */
export interface Store extends StoreReader {
  /**
   * Appends a local record and resolves once it is durable. Rejects with `ProblemError`: `CLOCK_CONFLICT`,
   * or `STORE_FULL` once the disk is full or failed.
   */
  append(draft: RecordDraft, options?: AppendOptions): Promise<AppendResult>
  /** Runs the work in a write transaction of its own. It must not wait for anything. */
  transact<Result>(work: (tx: StoreTransactor) => Result): Result
  readonly commits: CommitListeners
  /** Of the library that this process has loaded. */
  readonly sqliteVersion: string
  /** Why nothing more is written, if so. */
  failure(): Error | undefined
  /** Commits what waits, folds the write-ahead log into the file and closes. Idempotent. */
  close(): void
}

export interface StoreOptions extends ConnectionOptions {
  /** Null keeps it in memory: it ends with the process. */
  readonly path: string | null
  readonly origin: LocalOrigin
  /** What tables are kept from records. */
  readonly folds?: readonly Fold[]
}

/** Opens or makes the store. Throws `StoreOpenError`. */
export function openStore(options: StoreOptions): Store {
  const database = openConnection(options.path, options)
  const statements = prepareStatements(database)
  const commits = new CommitListeners()
  let head = statements.head.get() ?? 0
  let failure: Error | undefined
  const reader = createReader(statements, () => head)
  const keys = new IdempotencyKeys(statements, reader)

  function transact<Result>(work: (tx: StoreTransactor) => Result): Result {
    if (failure !== undefined) throw storeFull(failure)
    const before = head
    const appended: StoredRecord[] = []
    const effects: (() => void)[] = []
    const tx = createTransactor({
      statements,
      reader,
      origin: options.origin,
      folds: options.folds ?? [],
      nextSeq: () => (head += 1),
      appended,
      onCommit: (effect) => void effects.push(effect),
    })
    let result: Result
    try {
      result = database.transaction(work).immediate(tx)
    } catch (error) {
      head = before
      if (!isFatalStoreError(error)) throw error
      failure = error as Error
      throw storeFull(failure)
    }
    runAfterCommit(() => {
      for (const effect of effects) effect()
      if (appended.length > 0) commits.notify(appended)
    })
    return result
  }

  const group = new GroupCommit<StoreTransactor>(transact)

  return {
    ...reader,
    commits,
    sqliteVersion: sqliteVersion(database),
    transact,
    failure: () => failure,
    append(draft, { once, also } = {}) {
      const { clock } = draft
      const step = clock === undefined ? draft : sealRecord({ ...draft, clock })
      return group.append((tx) => {
        const before = once && keys.recall(once)
        if (before !== undefined) return { record: before, created: false }
        const result = tx.append(step)
        if (once !== undefined) keys.remember(once, result.record.seq)
        also?.(tx, result)
        return result
      })
    },
    close() {
      if (!database.open) return
      group.flush()
      closeDatabase(database, failure)
    },
  }
}

/** A bug in a listener must be loud, but cannot make a durable append look like a failed one. */
function runAfterCommit(effects: () => void): void {
  try {
    effects()
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}

function closeDatabase(database: Database, failure: Error | undefined): void {
  try {
    // After a failed flush nobody knows what the file holds: the write-ahead log stays for recovery.
    if (failure !== undefined) return
    database.pragma('optimize')
    database.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // A full disk: everything acknowledged is in the write-ahead log, which the next start reads.
    if (!isFatalStoreError(error)) throw error
  } finally {
    database.close()
  }
}

function storeFull(cause: Error): ProblemError {
  return new ProblemError(
    'STORE_FULL',
    `The store takes no more records: ${cause.message}`,
    {
      try: 'Free disk space, then restart the daemon: spl serve --stop and spl serve --daemon.',
    },
    cause,
  )
}
