import { fetchBackup, proveFetched } from '../../backup/fetch-backup.ts'
import type { Proof } from '../../backup/copy/prove-copy.ts'
import type { GoodBackup } from '../../backup/read-backups.ts'
import { explainStart } from '../../explain-start.ts'
import type { Home } from '../../home/home.ts'
import { type ProgressOptions, withProgress } from '../output/progress.ts'
import { type BackupHome, backupHome } from './backup-home.ts'
import { findBackup } from './find-backup.ts'
import { readOrNameOther } from './other-backup.ts'

/** Proves the backup of that name, or the newest one. Throws as `findBackup` and `proveBackup`. */
export async function proveNamed(
  home: Home,
  name: string | undefined,
  options: ProgressOptions,
): Promise<Proof & { readonly name: string }> {
  try {
    const at = backupHome(home)
    const found = await findBackup(at, name)
    const proof = await withProgress('reading the backup', options, () =>
      readOrNameOther(at, found.name, { command: 'verify' }, () => proveBackup(at, found)),
    )
    return { ...proof, name: found.name }
  } catch (error) {
    throw explainStart(error, home)
  }
}

/** Reads and opens it in a directory that goes again. Throws `ProblemError` BACKUP_DAMAGED and others. */
async function proveBackup({ source }: BackupHome, found: GoodBackup): Promise<Proof> {
  await using fetched = await fetchBackup(source.place, found, source.directory)
  return await proveFetched(fetched, found)
}
