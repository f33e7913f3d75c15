import { type GoodBackup, newestGood, readBackups } from '../../backup/read-backups.ts'
import { backupDamaged } from '../../backup/fetch-backup.ts'
import { CliError } from '../cli-error.ts'
import type { BackupHome } from './backup-home.ts'
import { namedIn } from './named-backup.ts'

/**
 * The backup that is meant as `namedIn` says, or the newest good one.
 *
 * @throws CliError BACKUP_NOT_FOUND, ID_AMBIGUOUS, ProblemError BACKUP_DAMAGED
 */
export async function findBackup(
  { source, identities }: BackupHome,
  name: string | undefined,
): Promise<GoodBackup> {
  const found = await readBackups(source.place, identities)
  if (name === undefined) {
    // One by an identity that was replaced may be by whoever has stolen its key: it counts if it is named.
    const [own] = identities
    const newest = newestGood(found.filter(({ manifest }) => manifest?.instance_did === own))
    if (newest !== undefined) return newest
    const older = newestGood(found)
    if (older !== undefined) throw onlyOlder(older.name)
    const [last] = found
    if (last?.fault !== undefined) throw backupDamaged(last.name, last.fault)
    throw new CliError(
      'BACKUP_NOT_FOUND',
      `there is no backup in ${source.place.where}`,
      'spl backup create',
    )
  }
  const named = await namedIn(found, name, source.place.where)
  if (named.manifest !== undefined) return named
  throw backupDamaged(named.name, named.fault)
}

function onlyOlder(name: string): CliError {
  return new CliError(
    'BACKUP_NOT_FOUND',
    'all backups here are by identities that this one has replaced',
    `if you trust it, name it: spl restore ${name}`,
  )
}
