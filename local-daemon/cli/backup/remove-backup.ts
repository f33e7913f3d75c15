import { manifestName } from '../../backup/manifest.ts'
import { newestGood, readBackups } from '../../backup/read-backups.ts'
import { explainStart } from '../../explain-start.ts'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { confirmName } from '../output/confirm-name.ts'
import { warn } from '../output/output.ts'
import { backupHome } from './backup-home.ts'
import { namedIn } from './named-backup.ts'

interface RemovalOptions {
  /** Also the last one that counts. */
  readonly force?: boolean
  /** Nobody is asked. */
  readonly yes?: boolean
}

/** What went. */
export interface Removed {
  readonly name: string
  readonly bytes: number
}

/**
 * Removes a backup of a home for good, once a person has said so.
 *
 * @param given as `namedIn` takes it
 * @throws CliError BACKUP_NOT_FOUND, BACKUP_LAST, ID_AMBIGUOUS, CONFIRMATION_NEEDED; StartError HOME_NOT_WRITABLE
 */
export async function removeBackup(
  home: Home,
  given: string,
  options: RemovalOptions,
): Promise<Removed> {
  try {
    return await removeNamed(home, given, options)
  } catch (error) {
    throw explainStart(error, home)
  }
}

async function removeNamed(
  home: Home,
  given: string,
  { force = false, yes = false }: RemovalOptions,
): Promise<Removed> {
  const { source, identities } = backupHome(home)
  const { place } = source
  const found = await readBackups(place, identities)
  const named = await namedIn(found, given, place.where)
  const { name, bytes } = named
  const others = found.filter((one) => one !== named)
  if (named.manifest !== undefined && newestGood(others) === undefined) {
    if (!force) throw lastOne(name)
    warn(`${name} is the last good backup`)
  }
  await confirmName('remove', yes, `remove ${name} for good`)
  await place.remove(name)
  await place.remove(manifestName(name))
  return { name, bytes }
}

function lastOne(name: string): CliError {
  return new CliError(
    'BACKUP_LAST',
    `${name} is the last good backup`,
    'spl backup create makes a newer one; --force removes it all the same',
    EXIT_CODE.usage,
  )
}
