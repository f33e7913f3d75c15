import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { readEndedList, setAsideDamaged, writeEndedList } from '../../access/ended/ended-file.ts'
import { identityAt } from '../../access/identity/identity.ts'
import { readSuccessions } from '../../access/identity/succession.ts'
import { countText } from '../../problem/count-text.ts'
import { systemProblem } from '../../backup/backup-error.ts'
import { openToRead } from '../../backup/copy/open-to-read.ts'
import {
  compareStores,
  type Differences,
  type Revived,
  revivedIn,
} from '../../backup/restore/compare-stores.ts'
import { settleStore } from '../../backup/restore/settle-store.ts'
import { explainStart } from '../../explain-start.ts'
import type { Home } from '../../home/home.ts'
import { lineagePath } from '../../home/lineage-path.ts'
import { prepareHome } from '../../home/prepare-home.ts'
import { realPath } from '../../home/real-path.ts'
import { takeSingleInstance } from '../../home/single-instance.ts'
import { takeStoreLock } from '../../home/store-lock.ts'
import { type Ended, endedInAny, endedOnlyIn, NOTHING_ENDED } from '../../store/ended/ended.ts'
import { finishSwap, STAGED_STATE, swapStores } from '../../store/file/swap.ts'
import { readLineage } from '../../store/lineage/lineage-file.ts'
import { StoreOpenError } from '../../store/store-error.ts'
import { type BackupHome, backupHome, storeFileOf } from '../backup/backup-home.ts'
import { bytesText } from '../../problem/bytes-text.ts'
import { confirmName } from '../output/confirm-name.ts'
import { localTime } from '../output/local-time.ts'
import { note } from '../output/output.ts'
import { withProgress } from '../output/progress.ts'
import { stageBackup, type StagedBackup } from './find-source.ts'
import type { RestoreOptions } from './restore.ts'
import type { Restored } from './restored.ts'
import { revivedText } from './revived-text.ts'
import { countOf } from './show-restored.ts'
import { ASIDE, storesAside } from './stores-aside.ts'

/**
 * Puts a backup in the place of the store of a home. Until the last step everything is as before; from then on, the backup is the
 * store, and a start finishes what a kill has interrupted.
 *
 * @throws StartError DAEMON_RUNNING, HOME_IN_USE, STORE_IN_USE, KEY_MISSING; as `stageBackup`; CliError CONFIRMATION_NEEDED
 */
export async function runRestore(
  home: Home,
  named: string | undefined,
  options: RestoreOptions,
): Promise<Restored> {
  try {
    return await restoreLocked(home, named, options)
  } catch (error) {
    // A full disk has no room for a lock either.
    throw explainStart(error, home)
  }
}

async function restoreLocked(
  home: Home,
  named: string | undefined,
  options: RestoreOptions,
): Promise<Restored> {
  const at = backupHome(home)
  prepareHome(home)
  const instance = takeSingleInstance(home, 'spl restore')
  try {
    const lock = takeStoreLock(at.source.database)
    try {
      const left = finishSwap(at.source.database)
      if (left !== undefined) note(`finished a restore first; what it replaced is in ${left.aside}`)
      const beside = dirname(at.source.database)
      noteLong(named, options)
      const staged = await withProgress('reading and proving the backup', options, (progress) =>
        stageBackup(at, named, beside, { ...options, progress }),
      )
      await using _fetched = staged.fetched
      return await replace(at, staged, options)
    } catch (error) {
      throw isFull(error) ? systemProblem(error, dirname(at.source.database)) : error
    } finally {
      lock.release()
    }
  } finally {
    instance.release()
  }
}

async function replace(
  { home, source, identities }: BackupHome,
  { fetched, name, madeAt }: StagedBackup,
  options: RestoreOptions,
): Promise<Restored> {
  const { database } = source
  // Noted until the swap is done: a link to the home may be gone by then.
  const lineage = realPath(lineagePath(home, storeFileOf(home)))
  const hasStore = (statSync(database, { throwIfNoEntry: false })?.size ?? 0) > 0
  const present = hasStore ? differencesOf(database, fetched.file, options.force) : undefined
  // The present store may itself be an older one that was restored. What was ended since then is in the list, and in those put aside.
  const aside = storesAside(database).map((file) => differencesOf(file, fetched.file, true))
  const list = readEndedList(home.ended, identities)
  const known = [list, present, ...aside].filter((one) => one !== undefined)
  const ended = endedInAny(known.map((one) => one.ended))
  const revived = revivedOf(fetched.file, ended)
  if (hasStore) {
    for (const line of told(present, revived, options.revoke, readLineage(lineage))) note(line)
    await confirmName('restore', options.yes === true, `replace the store by ${name}`)
  }
  const identity = identityAt(home.instanceKey)
  const kept = options.revoke ? ended : endedOnlyIn(ended, idsOf(revived))
  const settled = await settleStore({
    file: fetched.file,
    state: join(fetched.directory, STAGED_STATE),
    identity,
    successions: readSuccessions(home, identity.did),
    ended: kept,
  })
  // Before the swap: whoever removes what was put aside removes what knew of it.
  if (list.state === 'damaged') setAsideDamaged(home.ended)
  writeEndedList(home.ended, kept, identity)
  renameSync(fetched.file, join(fetched.directory, basename(database)))
  const replaced = asideOf(database)
  swapStores(database, { staged: fetched.directory, aside: replaced, lineage })
  return {
    object: 'restore',
    backup: name,
    made_at: madeAt === undefined ? null : Math.floor(madeAt / 1000),
    records: settled.records,
    epoch: settled.epoch,
    replaced: existsSync(replaced) ? replaced : null,
    lost_records: present?.lost ?? (hasStore ? null : 0),
    revived: list.state === 'whole' || known.length > 1 || !hasStore ? revived : null,
    revoked_again: options.revoke,
    redacted_again: settled.again.redacted,
    ended_list: list.state,
    settings_changed: present?.settings ?? (hasStore ? null : []),
  }
}

/**
 * Undefined for a present store that cannot be read: it may be why somebody restores one.
 *
 * @throws StoreOpenError STORE_TOO_NEW for one of a newer spl, unless it is forced
 */
function differencesOf(present: string, backup: string, force = false): Differences | undefined {
  const before = besideOf(present)
  try {
    using one = disposable(openToRead(present))
    using other = disposable(openToRead(backup))
    return compareStores(one.database, other.database)
  } catch (error) {
    if (!force && error instanceof StoreOpenError && error.code === 'STORE_TOO_NEW') throw error
    return undefined
  } finally {
    removeTraces(present, before)
  }
}

function revivedOf(backup: string, ended: Ended): Revived {
  const before = besideOf(backup)
  try {
    using opened = disposable(openToRead(backup))
    return revivedIn(opened.database, ended)
  } finally {
    removeTraces(backup, before)
  }
}

function disposable(database: Database) {
  return {
    database,
    [Symbol.dispose]() {
      database.close()
    },
  }
}

function idsOf({ accounts, tokens, invites }: Revived): Ended {
  return {
    ...NOTHING_ENDED,
    accounts: new Set(accounts.map(({ id }) => id)),
    tokens: new Set(tokens.map(({ token_id }) => token_id)),
    invites: new Set(invites.map(({ id }) => id)),
  }
}

/** A reader makes a log and its index, and leaves them empty. Nobody else has the store open. */
function removeTraces(database: string, before: readonly string[]): void {
  const files = besideOf(database).filter((file) => !before.includes(file))
  if ((statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return
  for (const file of files) rmSync(file)
}

function besideOf(database: string): readonly string[] {
  return [`${database}-wal`, `${database}-shm`].filter((file) => existsSync(file))
}

/** What goes, for the person who is about to decide. */
function told(
  differences: Differences | undefined,
  revived: Revived,
  revoke: boolean,
  mark: ReturnType<typeof readLineage>,
): readonly string[] {
  const count = countOf(revived)
  const revoked =
    count === 0
      ? []
      : [
          `${countText(count, 'account, token or invite was', 'accounts, tokens and invites were')} revoked since the backup`,
          ...revivedText(revived),
          revoke ? 'the restore revokes them again' : 'they become valid again (--no-revoke)',
        ]
  if (differences === undefined) {
    const had =
      mark === undefined || mark.seq === 0
        ? ''
        : `; it had ${countText(mark.seq, 'record')} at ${localTime(mark.at / 1000)}`
    return [`the present store cannot be read${had}`, ...revoked]
  }
  const { records, lost, settings } = differences
  const lines = [
    `the present store has ${countText(records, 'record')}; ${countText(lost, 'of them is', 'of them are')} not in the backup`,
    ...revoked,
  ]
  for (const { key, from, to } of settings) {
    lines.push(`the setting ${key} goes from ${from ?? 'its default'} to ${to ?? 'its default'}`)
  }
  return lines
}

/** Where no progress is shown, a long silence looks like a command that hangs. */
function noteLong(named: string | undefined, { json }: RestoreOptions): void {
  if (named === undefined || json === true || process.stderr.isTTY) return
  const bytes = statSync(named, { throwIfNoEntry: false })?.size ?? 0
  if (bytes > LONG_BYTES)
    note(`reading and proving ${named}, ${bytesText(bytes)}: this takes a while`)
}

/** A larger file is checked for longer than some seconds. */
const LONG_BYTES = 16 * 1024 ** 2

/** A new name beside the store. The directory is made when it is needed: an empty one would look like a store that is lost. */
function asideOf(database: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/gu, '-')
  return join(dirname(database), `${ASIDE}${time}-${randomBytes(3).toString('hex')}`)
}

function isFull(error: unknown): boolean {
  return /^(?:ENOSPC|EDQUOT|SQLITE_FULL)$/u.test(String((error as { code?: unknown }).code))
}
