import { type BackupListView, viewOfList } from '../../backup/backup-view.ts'
import { readBackups } from '../../backup/read-backups.ts'
import { explainStart } from '../../explain-start.ts'
import type { Home } from '../../home/home.ts'
import { backupHome } from './backup-home.ts'

/** The backups of a home whose daemon does not run: nobody knows its schedule. */
export async function listOffline(home: Home): Promise<BackupListView> {
  try {
    const { source, identities } = backupHome(home)
    return viewOfList(await readBackups(source.place, identities))
  } catch (error) {
    throw explainStart(error, home)
  }
}
