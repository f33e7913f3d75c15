import { backupDamaged } from '../../backup/fetch-backup.ts'
import {
  type FoundBackup,
  type GoodBackup,
  newestGood,
  readBackups,
} from '../../backup/read-backups.ts'
import { CliError } from '../cli-error.ts'
import type { BackupHome } from './backup-home.ts'
import { namedIn } from './named-backup.ts'
import { type BackupUse, commandWith, newestBefore, nextStep } from './other-backup.ts'

/**
 * The backup that is meant as `namedIn` says, or the newest one. If the newest one does not count, it says so and names the one before
 * it: an older store than the newest is never taken without being asked for.
 *
 * @throws CliError BACKUP_NOT_FOUND, BACKUP_FOREIGN, ID_AMBIGUOUS; ProblemError BACKUP_DAMAGED
 */
export async function findBackup(
  { source, identities }: BackupHome,
  name: string | undefined,
  use: BackupUse = { command: 'verify' },
): Promise<GoodBackup> {
  const found = await readBackups(source.place, identities)
  const refused = (one: FoundBackup) => {
    const before = newestBefore(found, identities, one.name)
    return uselessBackup(one, nextStep(one.name, before, use), identities)
  }
  if (name !== undefined) {
    const named = await namedIn(found, name, source.place.where, use.from)
    if (named.manifest !== undefined) return named
    throw refused(named)
  }
  // One by an identity that was replaced may be by whoever has stolen its key: it counts if it is named.
  const [own] = identities
  const newest = newestGood(found.filter(({ manifest }) => manifest?.instance_did === own))
  const newer = newest === undefined ? found : found.slice(0, found.indexOf(newest))
  const useless = newer.find(({ fault }) => fault !== undefined)
  if (newest !== undefined && useless === undefined) return newest
  const older = newest === undefined ? newestGood(found) : undefined
  if (older !== undefined) throw onlyOlder(commandWith(older.name, use))
  if (useless !== undefined) throw refused(useless)
  throw noneIn(source.place.where, use)
}

function uselessBackup(
  { name, fault = '', stranger }: FoundBackup,
  next: string | undefined,
  [own = '']: readonly string[],
): Error {
  if (stranger === undefined) return backupDamaged(name, fault, next)
  return new CliError(
    'BACKUP_FOREIGN',
    `the backup ${name} is of another home: ${stranger} signed it, and this home is ${own}`,
    next ??
      'put the keys of that home in place: spl identity restore <file>; or name it: --home <dir>',
  )
}

function noneIn(where: string, { command, from }: BackupUse): CliError {
  if (from !== undefined) {
    return new CliError(
      'BACKUP_NOT_FOUND',
      `there is no backup of this home in ${where}`,
      'check the bucket and the prefix, and that keys/ is of the home that made them: spl identity restore <file>',
    )
  }
  return new CliError(
    'BACKUP_NOT_FOUND',
    `there is no backup in ${where}`,
    command === 'restore'
      ? 'copy one into it with its .json, or name a copy: spl restore <hub.db>, or s3://bucket/prefix --identity <file>'
      : 'spl backup create',
  )
}

function onlyOlder(command: string): CliError {
  return new CliError(
    'BACKUP_NOT_FOUND',
    'all backups here are by identities that this one has replaced',
    `name it if you trust it: ${command}`,
  )
}
