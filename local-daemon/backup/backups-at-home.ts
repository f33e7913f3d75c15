import type { Home } from '../home/home.ts'
import { realPath } from '../home/real-path.ts'
import type { LocalOrigin } from '../store/transactor.ts'
import type { BackupSource } from './make-backup.ts'
import { directoryPlace } from './place/directory-place.ts'

/** Backups of a store in the directory of its home. */
export function backupsAtHome(home: Home, database: string, signer: LocalOrigin): BackupSource {
  const { backups: directory } = home
  return { database: realPath(database), directory, place: directoryPlace(directory), signer }
}
