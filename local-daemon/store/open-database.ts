import { randomBytes } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { ACCOUNTS_THREAD } from './daemon-threads.ts'
import { realPath } from '../home/real-path.ts'
import { openConnection, openFailure } from './file/open-connection.ts'
import { KeptLog } from './file/kept-log.ts'
import { Expectation } from './lineage/expectation.ts'
import { Lineage, rememberNothing } from './lineage/lineage.ts'
import { LossWatch } from './file/loss-watch.ts'
import type { StoreOptions } from './file/store-options.ts'
import { newStamp, refuseMixed } from './file/stamp.ts'
import { finishSwap } from './file/swap.ts'
import { prepareStatements, type Statements } from './statements.ts'
import { StoreOpenError } from './store-error.ts'
import { StoreState } from './trouble/store-state.ts'
import { meaningOf } from './trouble/store-trouble.ts'

/** An open store, and what watches it. */
export interface OpenDatabase {
  readonly database: Database
  readonly statements: Statements
  readonly state: StoreState
  readonly lineage: Lineage | undefined
  readonly loss: LossWatch | undefined
  readonly stamp: string
  /** `id` is its beginning. */
  readonly newest: { readonly seq: number; readonly id: string }
  /** Why it is another store than before, and where its log is then kept. */
  readonly broken: string | undefined
}

/**
 * Opens a store once it is known to be the expected one. A refusal leaves its log as it was; a store that has
 * less than before puts it aside. Throws `StoreOpenError`.
 */
export function openDatabase(options: StoreOptions): OpenDatabase {
  // SQLite keeps its log beside the file itself, not beside a link to it.
  const path = options.path === null ? null : realPath(options.path)
  if (path !== null) finishSwap(path)
  const expectation =
    path !== null && options.lineage !== undefined
      ? new Expectation(path, options.lineage)
      : undefined
  expectation?.checkFile()
  let log = path === null ? undefined : KeptLog.of(path)
  try {
    if (path !== null) refuseMixed(path)
    const onBlank = () => expectation?.onEmpty()
    return withDatabase(openConnection(path, { ...options, onBlank }))
  } catch (error) {
    log?.putBack()
    throw error
  }

  function withDatabase(database: Database): OpenDatabase {
    try {
      return judged(database)
    } catch (error) {
      // Before anything is closed, because this checks what the system has left.
      const reason = error instanceof StoreOpenError ? error : openFailure(path ?? '', error)
      database.close()
      throw reason
    }
  }

  function judged(database: Database): OpenDatabase {
    const statements = prepareStatements(database)
    const seq = statements.head.get() ?? 0
    const id = statements.idStartAt.get(seq)?.toString('hex') ?? ''
    if (seq === 0) expectation?.onEmpty()
    else expectation?.onRecords(seq)
    expectation?.onIdentity(options.origin.did, accountOrigins(statements))
    if (options.lineage?.isNew === true) rememberNothing(options.lineage.path)
    const lineage =
      path === null || options.lineage === undefined
        ? undefined
        : new Lineage(options.lineage.path, statements)
    const state = new StoreState(options.onTrouble ?? (() => {}))
    // Only now: the first read or write makes the log.
    // By the given name: a link may lead somewhere else one day.
    const loss = options.path === null ? undefined : new LossWatch(database, options.path, state)
    try {
      const isOther = lineage?.broken !== undefined
      const epoch = isOther ? randomBytes(8).toString('hex') : (statements.epoch.get() ?? '')
      const stamp = newStamp(loss?.found)
      database.transaction(() => statements.nameStore.run(epoch, stamp)).immediate()
      loss?.stamped()
      loss?.check('after', { stamp, seq, id })
      const broken = settleLog(lineage?.broken)
      lineage?.begin(epoch, seq, id)
      return { database, statements, state, lineage, loss, stamp, newest: { seq, id }, broken }
    } catch (error) {
      loss?.release()
      lineage?.close()
      throw error
    }
  }

  /** Before the store counts as the remembered one, so that after a killed start the next one reports the same. */
  function settleLog(words: string | undefined): string | undefined {
    const kept = log
    log = undefined
    if (words !== undefined && kept !== undefined) {
      return `${words}; its log as it was is kept in ${kept.save()}`
    }
    kept?.drop()
    return words
  }
}

/** Who signed the newest records of accounts. None where their page is damaged: the store is served without it. */
function accountOrigins(statements: Statements): readonly string[] {
  try {
    return statements.originsOf.all(ACCOUNTS_THREAD)
  } catch (error) {
    if (meaningOf(error) === 'STORE_DAMAGED') return []
    throw error
  }
}
