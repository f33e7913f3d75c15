import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import { daemonFolds } from './access/folds.ts'
import { type Identity, loadIdentity } from './access/identity/identity.ts'
import { readSuccessions } from './access/identity/succession.ts'
import { takeOver } from './access/identity/take-over.ts'
import { endAgain } from './access/ended/end-again.ts'
import { EndedBook, type EndedListFailure } from './access/ended/ended-book.ts'
import { type EndedList, readEndedList, setAsideDamaged } from './access/ended/ended-file.ts'
import { refuseLostAccounts } from './access/lost-accounts.ts'
import { backupsAtHome } from './backup/backups-at-home.ts'
import { backUpBeforeMigration } from './backup/migration-backup.ts'
import type { Home } from './home/home.ts'
import { lineagePath } from './home/lineage-path.ts'
import { realPath } from './home/real-path.ts'
import { takeStoreLock } from './home/store-lock.ts'
import { requireUsableFile } from './home/usable-file.ts'
import type { FaultBook } from './process/fault-book.ts'
import type { UndoStack } from './process/undo-stack.ts'
import { finishSwap } from './store/file/swap.ts'
import { openStoreSoon } from './store/open-store-soon.ts'
import type { Store } from './store/open-store.ts'
import { lineageWarning } from './store/lineage/judge-lineage.ts'
import { logTrouble } from './store/trouble/log-trouble.ts'

interface HomeStoreOptions {
  readonly home: Home
  /** The database file; null keeps the store in memory. */
  readonly path: string | null
  /** Starts with an empty store although the identity has had one. */
  readonly isNew: boolean
  readonly logger: Logger
  readonly faults: FaultBook
  readonly undo: UndoStack
}

/** A home's identity with its store, locked and open. */
export interface HomeStore {
  readonly identity: Identity
  readonly store: Store
  /** Identities before this one, the newest first. */
  readonly lineage: readonly string[]
  /** Keeps what has ended outside the store; undefined for a store in memory. */
  readonly endedBook: EndedBook | undefined
}

/** Locks and opens the store of a home, and makes its identity on the first start. Throws `StartError`, `StoreOpenError`. */
export async function openHomeStore(options: HomeStoreOptions): Promise<HomeStore> {
  const { home, path, isNew, logger, faults, undo } = options
  if (path !== null) {
    const lock = takeStoreLock(path)
    undo.defer(() => lock.release())
    const left = finishSwap(realPath(path))
    if (left !== undefined)
      logger.warn({ replaced: left.aside }, 'an interrupted restore is finished')
  }
  const isExpected = existsSync(home.instanceKey)
  const identity = loadIdentity(home, path)
  const successions = readSuccessions(home, identity.did)
  const lineage = successions.map(({ from }) => from)
  if (path !== null) requireUsableFiles(home, path)
  const list = readEndedList(home.ended, [identity.did, ...lineage])
  if (path !== null) await backUpBeforeMigration(backupsAtHome(home, path, identity), logger)
  const store = await openStoreSoon({
    path,
    origin: identity,
    folds: daemonFolds(identity.did),
    withheld: list.ended.records,
    onFault: (error) => faults.note('listener', error),
    ...(path !== null && {
      lineage: { path: lineagePath(home, path), isExpected, isNew, earlier: lineage },
    }),
    onTrouble: (trouble) => logTrouble(logger, trouble),
  })
  undo.defer(async () => {
    await store.whenSaved()
    await store.searchIndex.close()
    store.close()
  })
  if (store.lineageBroken !== undefined) logger.warn(lineageWarning(store.lineageBroken))
  // Before this identity writes anything else: records of the previous one count up to here.
  await takeOver(store, identity, successions)
  refuseLostAccounts(store)
  const endedBook =
    path === null ? undefined : await keepEnded(options, { identity, store, lineage }, list)
  return { identity, store, lineage, endedBook }
}

/** Ends what has ended before, if this store does not know of it, and remembers what ends from now on. */
async function keepEnded(
  { home, logger, undo }: HomeStoreOptions,
  { identity, store, lineage }: Omit<HomeStore, 'endedBook'>,
  list: EndedList,
): Promise<EndedBook> {
  if (list.state === 'damaged') {
    const kept = setAsideDamaged(home.ended)
    logger.warn({ kept }, 'the list of what was revoked and redacted is damaged: see spl doctor')
  }
  const again = await endAgain(store, identity.did, list.ended)
  if (again.revoked + again.redacted > 0)
    logger.warn(again, 'revoked and redacted again: the store did not know of it')
  const onBehind = ({ message, ...more }: EndedListFailure) => logger.warn(more, message)
  const book = new EndedBook({ path: home.ended, store, identity, lineage, onBehind }, list)
  undo.defer(() => book.close())
  return book
}

/** What SQLite and the lineage keep beside the database. */
function requireUsableFiles(home: Home, path: string): void {
  const database = realPath(path)
  const beside = [`${database}-wal`, `${database}-shm`]
  for (const file of [...beside, lineagePath(home, path), home.ended]) requireUsableFile(file)
}
