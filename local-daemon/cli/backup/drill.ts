import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { identityAt } from '../../access/identity/identity.ts'
import { readSuccessions } from '../../access/identity/succession.ts'
import { fetchBackup, proveFetched } from '../../backup/fetch-backup.ts'
import { settleStore } from '../../backup/restore/settle-store.ts'
import { NOTHING_ENDED } from '../../store/ended/ended.ts'
import type { Home } from '../../home/home.ts'
import { STAGED_STATE } from '../../store/file/swap.ts'
import { backupHome } from './backup-home.ts'
import { findBackup } from './find-backup.ts'
import { readOrNameOther } from './other-backup.ts'

/** A restore that was only tried. */
export interface Drill {
  readonly name: string
  /** Unix time, seconds. */
  readonly madeAt: number
  readonly records: number
  /** How long it took, milliseconds. */
  readonly ms: number
}

/**
 * Restores the newest backup into a directory that goes again, by all that `spl restore` does but the last step: read, compared with
 * its manifest, proved, opened as the store of this home. The daemon can keep running.
 *
 * @throws CliError BACKUP_NOT_FOUND, ProblemError BACKUP_DAMAGED, BACKUP_NO_ROOM, StoreOpenError
 */
export async function drillRestore(home: Home): Promise<Drill> {
  const begun = performance.now()
  const at = backupHome(home)
  const { source } = at
  const found = await findBackup(at, undefined)
  const { fetched: read, proof } = await readOrNameOther(
    at,
    found.name,
    { command: 'verify' },
    async () => {
      const fetched = await fetchBackup(source.place, found, source.directory)
      try {
        return { fetched, proof: await proveFetched(fetched, found) }
      } catch (error) {
        await fetched[Symbol.asyncDispose]()
        throw error
      }
    },
  )
  await using fetched = read
  const identity = identityAt(home.instanceKey)
  const file = join(fetched.directory, 'hub.db')
  renameSync(fetched.file, file)
  await settleStore({
    file,
    state: join(fetched.directory, STAGED_STATE),
    identity,
    successions: readSuccessions(home, identity.did),
    ended: NOTHING_ENDED,
  })
  const { name, manifest } = found
  const madeAt = Math.floor(manifest.made_at / 1000)
  return { name, madeAt, records: proof.records, ms: performance.now() - begun }
}
