import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isBackupName } from '../../backup/backup-name.ts'
import { type FetchedBackup, fetchBackup, proveFetched } from '../../backup/fetch-backup.ts'
import { directoryPlace } from '../../backup/place/directory-place.ts'
import { stageFile } from '../../backup/restore/stage-file.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import { openConnection } from '../../store/file/open-connection.ts'
import { RESTORING } from '../../store/file/swap.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { isPlace } from '../parse/place.ts'
import { type BackupHome } from '../backup/backup-home.ts'
import { findBackup } from '../backup/find-backup.ts'
import { verifyStore } from '../verify/verify-store.ts'

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
}

/**
 * Finds, copies and proves what is to be restored: a backup with its signed manifest, or any database file, of which everything is
 * checked.
 *
 * @param beside the directory of the store
 * @param options `force` takes a file in which something is damaged; `identity` is a file of age, for `s3://…` and what age encrypted
 * @throws CliError BACKUP_NOT_FOUND, ProblemError BACKUP_DAMAGED, BACKUP_NO_ROOM, StartError, StoreOpenError
 */
export async function stageBackup(
  at: BackupHome,
  named: string | undefined,
  beside: string,
  { force = false, identity }: SourceOptions,
): Promise<StagedBackup> {
  if (named !== undefined && isPlace(named)) return stageElsewhere(at, named, beside, identity)
  const isName = named === undefined || isNameOrBeginning(named)
  if (isName || (isBackupName(basename(named)) && !force)) {
    const place = isName ? at.source.place : directoryPlace(dirname(resolve(named)))
    const source = { ...at.source, place }
    const found = await findBackup({ ...at, source }, named && basename(named))
    const fetched = await fetchBackup(place, found, beside, RESTORING)
    return await kept(fetched, async () => {
      await proveFetched(fetched, found)
      return { fetched, name: found.name, madeAt: found.manifest.made_at }
    })
  }
  const fetched = await stageAny(resolve(named), beside, identity)
  return await kept(fetched, async () => {
    await proveWhole(fetched.file, named, at, force)
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
  const { elsewhere, splitPlace } = await import('../backup/elsewhere.ts')
  const { to, name } = splitPlace(named)
  const { place } = await elsewhere(at.home, to, requireIdentity(identity))
  const found = await findBackup({ ...at, source: { ...at.source, place } }, name)
  const fetched = await fetchBackup(place, found, beside, RESTORING)
  return await kept(fetched, async () => {
    await proveFetched(fetched, found)
    return { fetched, name: found.name, madeAt: found.manifest.made_at }
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

/** Everything in a file that nobody signed for. It is brought to the newest schema first. */
async function proveWhole(
  file: string,
  name: string,
  { identities }: BackupHome,
  force: boolean,
): Promise<void> {
  openConnection(file, { named: resolve(name) }).close()
  const [did = '', ...lineage] = identities
  const { count, findings } = await verifyStore({ path: file, did, lineage })
  if (count === 0 || force) return
  throw new ProblemError(
    'BACKUP_DAMAGED',
    `${name} is damaged: ${findings[0]?.message ?? ''}${count > 1 ? `, and ${count - 1} more` : ''}`,
    { try: 'Use another backup: spl backup list. To restore what this one still has: --force' },
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
