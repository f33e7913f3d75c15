import { existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ExclusiveLock } from '../../home/exclusive-lock.ts'
import type { Home } from '../../home/home.ts'
import { lineagePath } from '../../home/lineage-path.ts'
import { refuseOthers } from '../../home/prepare-home.ts'
import { takeSingleInstance } from '../../home/single-instance.ts'
import { StartError } from '../../problem/start-error.ts'
import { takeStoreLock } from '../../home/store-lock.ts'
import { openStoreSoon } from '../../store/open-store-soon.ts'
import type { Store } from '../../store/open-store.ts'
import { endedInAny } from '../../store/ended/ended.ts'
import { Accounts, type FreshToken } from '../accounts.ts'
import { readEndedList, setAsideDamaged, writeEndedList } from '../ended/ended-file.ts'
import { daemonFolds } from '../folds.ts'
import { flushDirectory, type Identity, identityAt, loadIdentity, writeNewKey } from './identity.ts'
import { addSuccession, readSuccessions, stateSuccession } from './succession.ts'
import { takeOver } from './take-over.ts'

/** An account whose bearers ended with the identity that signed them. */
export interface EndedAccount {
  readonly service_account_id: string
  readonly name: string
  readonly tokens: number
}

export interface Rotation {
  readonly from: string
  readonly to: string
  /** Where the old key is; null if it was destroyed. */
  readonly kept: string | null
  readonly ended: readonly EndedAccount[]
  /** The new admin's bearer; absent if the home has no store yet. */
  readonly fresh?: FreshToken
}

/**
 * Gives a home another identity, while no daemon runs in it. Renaming the new key into place is the decisive step. Killed before it,
 * the home is as it was. Killed after it, the next start finishes the work (`takeOver`), and you can make a bearer over the socket.
 *
 * @param database where the store is, if not in the home
 * @throws StartError HOME_NOT_OURS, DAEMON_RUNNING, HOME_IN_USE, STORE_IN_USE, KEY_MISSING, or as of loadIdentity and readSuccessions
 */
export async function rotateIdentity(
  home: Home,
  keepOld: boolean,
  database: string = home.database,
): Promise<Rotation> {
  refuseOthers(home.root)
  if (!existsSync(home.instanceKey)) {
    throw new StartError(
      'KEY_MISSING',
      `There is no identity in ${home.root} that could be replaced`,
      'spl serve --daemon makes one; --home names another home',
    )
  }
  const instance = takeSingleInstance(home, 'spl gateway rotate-identity')
  let lock: ExclusiveLock | undefined
  try {
    lock = takeStoreLock(database)
    const old = loadIdentity(home)
    await refuseEmptied(home, old, database)
    // Find a damaged file while the old key still exists.
    readSuccessions(home, old.did)
    removeUnfinished(home)
    const next = `${home.instanceKey}.next`
    writeNewKey(next)
    const identity = identityAt(next)
    // It names a successor whose key is not in place yet, so it has no effect until then.
    addSuccession(home, stateSuccession(old, identity.did))
    const kept = keepOld ? keepKey(home, old) : null
    renameSync(next, home.instanceKey)
    flushDirectory(home.keys)
    return { from: old.did, to: identity.did, kept, ...(await settle(home, identity, database)) }
  } finally {
    lock?.release()
    instance.release()
  }
}

/** Finds an emptied store while the old key still exists, instead of starting a new one. Throws `StoreOpenError`. */
async function refuseEmptied(home: Home, identity: Identity, path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })) return
  const earlier = readSuccessions(home, identity.did).map(({ from }) => from)
  const lineage = { path: lineagePath(home, path), isExpected: true, earlier }
  const store = await openStoreSoon({ path, origin: identity, lineage })
  store.close()
}

/** Files that a crash left while writing a key: one may be a second name of the key that is about to be destroyed. */
const UNFINISHED = /^instance\.key\.(?:next|(?:next\.)?\d+)$/

function removeUnfinished(home: Home): void {
  for (const name of readdirSync(home.keys)) {
    if (UNFINISHED.test(name)) rmSync(join(home.keys, name))
  }
}

function keepKey(home: Home, old: Identity): string {
  const kept = `${home.instanceKey}.${old.did.slice(-8)}.old`
  if (!existsSync(kept)) linkSync(home.instanceKey, kept)
  return kept
}

/** Ends what the old key had signed, and makes one bearer, because no other works any more. */
async function settle(
  home: Home,
  identity: Identity,
  database: string,
): Promise<Pick<Rotation, 'ended' | 'fresh'>> {
  if (!statSync(database, { throwIfNoEntry: false })?.size) return { ended: [] }
  const folds = daemonFolds(identity.did)
  const successions = readSuccessions(home, identity.did)
  const earlier = successions.map(({ from }) => from)
  const lineage = { path: lineagePath(home, database), isExpected: false, earlier }
  const store = await openStoreSoon({ path: database, origin: identity, folds, lineage })
  try {
    const ended = endingAccounts(store)
    await takeOver(store, identity, successions)
    signEndedList(home, store, identity, earlier)
    return { ended, fresh: await adminBearer(store, new Accounts(store, identity, earlier)) }
  } finally {
    store.close()
  }
}

/** Writes the list of what has ended as the new identity: the old one’s key may be in other hands. The next start does what fails here. */
function signEndedList(
  home: Home,
  store: Store,
  identity: Identity,
  earlier: readonly string[],
): void {
  try {
    const { ended, state } = readEndedList(home.ended, [identity.did, ...earlier])
    if (state === 'damaged') setAsideDamaged(home.ended)
    writeEndedList(home.ended, endedInAny([ended, store.ended() ?? ended]), identity)
  } catch {
    // The identity is new already: what is wrong with a file beside it must not look like a rotation that failed.
  }
}

function endingAccounts(store: Store): EndedAccount[] {
  const live = store.tokens().filter(({ revoked_at }) => revoked_at === null)
  return store
    .accounts()
    .filter(({ revoked_at }) => revoked_at === null)
    .map(({ id, name }) => ({
      service_account_id: id,
      name,
      tokens: live.filter(({ account }) => account === id).length,
    }))
    .filter(({ tokens }) => tokens > 0)
}

/** For the oldest admin, or for a new one. */
async function adminBearer(store: Store, accounts: Accounts): Promise<FreshToken> {
  const admin = store
    .accounts()
    .filter(({ revoked_at }) => revoked_at === null)
    .filter(({ scopes }) => (JSON.parse(scopes) as readonly string[]).includes('admin'))
    .toSorted((left, right) => left.record_seq - right.record_seq)[0]
  if (admin !== undefined) return accounts.mint(admin, null)
  return accounts.createWithToken({ name: 'admin', scopes: ['admin'] }, null)
}
