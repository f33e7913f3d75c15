import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isBackupName } from '../../backup/backup-name.ts'
import { type FetchedBackup, fetchBackup, proveFetched } from '../../backup/fetch-backup.ts'
import { directoryPlace } from '../../backup/place/directory-place.ts'
import { stageFile } from '../../backup/restore/stage-file.ts'
import type { GoodBackup } from '../../backup/read-backups.ts'
import { RESTORING } from '../../store/file/swap.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { isPlace } from '../parse/place.ts'
import { type BackupHome } from '../backup/backup-home.ts'
import { findBackup } from '../backup/find-backup.ts'
import { type BackupUse, readOrNameOther } from '../backup/other-backup.ts'
import type { Progress } from '../output/progress.ts'
import { proveWhole, refuseExport } from './prove-file.ts'

/** A copy of a backup beside the store, proved. */
export interface StagedBackup {
  readonly fetched: FetchedBackup
  readonly name: string
  /** Unix time, milliseconds; undefined for a file without a manifest. */
  readonly madeAt: number | undefined
}

interface SourceOptions {
  readonly force?: boolean
  readonly identity?: string
  readonly progress: Pick<Progress, 'say' | 'count'>
}

/**
 * Finds, copies and proves what is to be restored: a backup with its signed manifest, or any database file, of which everything is
 * checked.
 *
 * @param beside the directory of the store
 * @param options `force` takes a file in which something is damaged; `identity` is a file of age, for `s3://…` and what age encrypted
 * @throws CliError BACKUP_NOT_FOUND, BACKUP_FOREIGN; ProblemError BACKUP_DAMAGED, BACKUP_NO_ROOM; StartError, StoreOpenError
 */
export async function stageBackup(
  at: BackupHome,
  named: string | undefined,
  beside: string,
  { force = false, identity, progress }: SourceOptions,
): Promise<StagedBackup> {
  if (named !== undefined && isPlace(named)) return stageElsewhere(at, named, beside, identity)
  const isName = named === undefined || isNameOrBeginning(named)
  if (isName || (isBackupName(basename(named)) && !force)) {
    const place = isName ? at.source.place : directoryPlace(dirname(resolve(named)))
    const source = { ...at.source, place }
    const use = { command: 'restore' } as const
    const found = await findBackup({ ...at, source }, named && basename(named), use)
    return await stageFound({ ...at, source }, found, beside, use)
  }
  refuseExport(named)
  const fetched = await stageAny(resolve(named), beside, identity)
  return await kept(fetched, async () => {
    await proveWhole(fetched.file, { named, force, progress }, at)
    return { fetched, name: named, madeAt: undefined }
  })
}

/** A file of the working directory that is called so comes first. */
function isNameOrBeginning(named: string): boolean {
  return isBackupName(named) || (/^hub-[0-9TZa-f-]*$/u.test(named) && !existsSync(named))
}

/** A database file, or one that age encrypted. */
async function stageAny(
  path: string,
  beside: string,
  identity: string | undefined,
): Promise<FetchedBackup> {
  const { isSealedFile, stageSealedFile } =
    await import('../../backup/restore/stage-sealed-file.ts')
  if (!isSealedFile(path)) return stageFile(path, beside)
  const { readIdentities } = await import('../../backup/seal/age-keys.ts')
  return stageSealedFile(path, beside, readIdentities(requireIdentity(identity)))
}

/** `s3://bucket/prefix`, or with the name of a backup behind it. */
async function stageElsewhere(
  at: BackupHome,
  named: string,
  beside: string,
  identity: string | undefined,
): Promise<StagedBackup> {
  const { elsewhere, splitPlace, warnOfForeign } = await import('../backup/elsewhere.ts')
  const { to, name } = splitPlace(named)
  const { place } = await elsewhere(at.home, to, requireIdentity(identity))
  const there = { ...at, source: { ...at.source, place } }
  const use = { command: 'restore', from: to } as const
  const found = await findBackup(there, name, use)
  warnOfForeign(place, found.name, name)
  return await stageFound(there, found, beside, use)
}

/** A backup with its manifest. */
async function stageFound(
  at: BackupHome,
  found: GoodBackup,
  beside: string,
  use: BackupUse,
): Promise<StagedBackup> {
  const { name, manifest } = found
  return await readOrNameOther(at, name, use, async () => {
    const fetched = await fetchBackup(at.source.place, found, beside, RESTORING)
    return await kept(fetched, async () => {
      await proveFetched(fetched, found)
      return { fetched, name, madeAt: manifest.made_at }
    })
  })
}

function requireIdentity(identity: string | undefined): string {
  if (identity !== undefined) return identity
  throw new CliError(
    'IDENTITY_NEEDED',
    'that backup is encrypted, and --identity is missing',
    'give --identity the file that spl backup keygen wrote',
    EXIT_CODE.usage,
  )
}

async function kept<Result>(fetched: FetchedBackup, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    await fetched[Symbol.asyncDispose]()
    throw error
  }
}
