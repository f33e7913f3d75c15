import { existsSync } from 'node:fs'
import { identityAt } from '../../access/identity/identity.ts'
import { readSuccessions } from '../../access/identity/succession.ts'
import { backupsAtHome } from '../../backup/backups-at-home.ts'
import type { BackupSource } from '../../backup/make-backup.ts'
import type { Home } from '../../home/home.ts'
import { refuseOthers } from '../../home/prepare-home.ts'
import { StartError } from '../../problem/start-error.ts'
import { readLastStart, readRunningFile } from '../client/running-file.ts'

/** A home as its backups see it. */
export interface BackupHome {
  readonly home: Home
  readonly source: BackupSource
  /** The identity of now, then those that it replaced: any of them may have signed a backup. */
  readonly identities: readonly string[]
}

/** @throws StartError HOME_NOT_OURS, KEY_MISSING, KEY_UNREADABLE, SUCCESSION_INVALID */
export function backupHome(home: Home): BackupHome {
  // What may not be read looks as if it were not there.
  refuseOthers(home.root)
  if (!existsSync(home.instanceKey)) {
    throw new StartError(
      'KEY_MISSING',
      `There is no identity in ${home.root}, and so nothing that could tell its backups from others`,
      'put its keys in place: spl identity restore <file>, or copy keys/; --home selects another home; a new one: spl serve --daemon',
    )
  }
  const identity = identityAt(home.instanceKey)
  const lineage = readSuccessions(home, identity.did).map(({ from }) => from)
  const database = storeFileOf(home)
  return {
    home,
    source: backupsAtHome(home, database, identity),
    identities: [identity.did, ...lineage],
  }
}

/** The database file of the daemon that runs, or that ran last. */
export function storeFileOf(home: Home): string {
  return readRunningFile(home)?.store ?? readLastStart(home)?.store ?? home.database
}
