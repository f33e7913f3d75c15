import { type BackupView, viewOfManifest } from '../../backup/backup-view.ts'
import { makeBackup } from '../../backup/make-backup.ts'
import { explainStart } from '../../explain-start.ts'
import type { Home } from '../../home/home.ts'
import { takeSingleInstance } from '../../home/single-instance.ts'
import { takeStoreLock } from '../../home/store-lock.ts'
import { backupHome } from './backup-home.ts'

/** Makes a backup while no daemon runs. None may start meanwhile: it could move what is read. */
export async function makeOffline(home: Home): Promise<BackupView> {
  try {
    return await makeLocked(home)
  } catch (error) {
    // A full disk has no room for a lock either.
    throw explainStart(error, home)
  }
}

async function makeLocked(home: Home): Promise<BackupView> {
  const { source } = backupHome(home)
  const instance = takeSingleInstance(home, 'spl backup create')
  try {
    const lock = takeStoreLock(source.database)
    try {
      return viewOfManifest(await makeBackup(source, 'asked'))
    } finally {
      lock.release()
    }
  } finally {
    instance.release()
  }
}
