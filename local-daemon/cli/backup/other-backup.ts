import { backupDamaged } from '../../backup/fetch-backup.ts'
import {
  type FoundBackup,
  type GoodBackup,
  newestGood,
  readBackups,
} from '../../backup/read-backups.ts'
import { SealError } from '../../backup/seal/seal-error.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { BackupHome } from './backup-home.ts'

/** What a backup is wanted for: the command that is the next step with another one. */
export interface BackupUse {
  readonly command: 'restore' | 'verify' | 'fetch'
  /** `s3://bucket/prefix?…` as it was given, for backups that are there. */
  readonly from?: string
}

/** The newest one that counts, of the identity of now, among those before another. */
export function newestBefore(
  found: readonly FoundBackup[],
  [own]: readonly string[],
  name: string,
): GoodBackup | undefined {
  // Names begin with the time.
  return newestGood(found.filter((one) => one.name < name && one.manifest?.instance_did === own))
}

/** For a backup that is of no use; undefined if none before it counts. */
export function nextStep(
  name: string,
  before: GoodBackup | undefined,
  use: BackupUse,
): string | undefined {
  if (before === undefined) return undefined
  const removal = use.from === undefined ? ` To remove this one: spl backup remove ${name}` : ''
  return `Take the newest one before it: ${commandWith(before.name, use)}${removal && '.'}${removal}`
}

/** The same command with the name of a backup. */
export function commandWith(name: string, { command, from }: BackupUse): string {
  if (command === 'verify') return `spl backup verify ${name}`
  if (from === undefined) return `spl restore ${name}`
  const [place = '', ...query] = from.split('?')
  const at = [`${place.replace(/\/+$/u, '')}/${name}`, ...query].join('?')
  return command === 'restore'
    ? `spl restore '${at}' --identity <file>`
    : `spl backup fetch ${name} --from '${from}' --identity <file>`
}

/**
 * Reads a backup; if that finds it damaged, the refusal names the one before it.
 *
 * @throws ProblemError BACKUP_DAMAGED, and what `read` throws
 */
export async function readOrNameOther<Result>(
  { source, identities }: BackupHome,
  name: string,
  use: BackupUse,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    const isSealed = error instanceof SealError && error.code === 'AGE_FILE_DAMAGED'
    const isDamaged = error instanceof ProblemError && error.code === 'BACKUP_DAMAGED'
    if (!isSealed && !isDamaged) throw error
    const found = await readBackups(source.place, identities)
    const next = nextStep(name, newestBefore(found, identities, name), use)
    if (next === undefined) throw error
    throw isSealed
      ? backupDamaged(name, error.message, next)
      : new ProblemError('BACKUP_DAMAGED', (error as Error).message, { try: next }, error)
  }
}
