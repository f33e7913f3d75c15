import { manifestName } from '../../backup/manifest.ts'
import { newestGood, readBackups } from '../../backup/read-backups.ts'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { backupHome } from './backup-home.ts'
import { namedIn } from './find-backup.ts'

/**
 * Removes a backup of a home for good.
 *
 * @param evenLast also the last one that counts
 * @returns its size, bytes
 * @throws CliError BACKUP_NOT_FOUND, BACKUP_LAST
 */
export async function removeBackup(home: Home, name: string, evenLast: boolean): Promise<number> {
  const { source, identities } = backupHome(home)
  const found = await readBackups(source.place, identities)
  const named = namedIn(found, name)
  const others = found.filter((one) => one !== named)
  if (named.manifest !== undefined && newestGood(others) === undefined && !evenLast) {
    throw new CliError(
      'BACKUP_LAST',
      `${name} is the last good backup`,
      'spl backup create makes a newer one; --force removes it all the same',
      EXIT_CODE.usage,
    )
  }
  await source.place.remove(name)
  await source.place.remove(manifestName(name))
  return named.bytes
}
