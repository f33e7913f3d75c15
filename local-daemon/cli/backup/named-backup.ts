import { basename, dirname } from 'node:path'
import type { FoundBackup } from '../../backup/read-backups.ts'
import { isSamePlace } from '../../home/same-place.ts'
import { CliError } from '../cli-error.ts'
import { wholeId } from '../client/whole-id.ts'

/**
 * The backup that is meant: by its name, by the only beginning of one, or by the path of its file in the directory of the place.
 *
 * @param where the directory, or the address of a place elsewhere
 * @param from the address elsewhere, as it was given
 * @throws CliError BACKUP_NOT_FOUND, ID_AMBIGUOUS
 */
export async function namedIn(
  found: readonly FoundBackup[],
  given: string,
  where: string,
  from?: string,
): Promise<FoundBackup> {
  const beginning = nameIn(where, given)
  const names = found.map(({ name }) => name)
  // Nothing at all is the beginning of everything: a variable of a script that is empty.
  const name =
    beginning === ''
      ? undefined
      : await wholeId(beginning, () => Promise.resolve(names), 'spl backup list')
  const named = found.find((one) => one.name === name)
  if (named !== undefined) return named
  throw new CliError(
    'BACKUP_NOT_FOUND',
    `there is no backup ${JSON.stringify(given)} in ${where}`,
    from === undefined ? 'spl backup list' : `spl backup list --from '${from}'`,
  )
}

function nameIn(where: string, given: string): string {
  const isThere = given.includes('/') && isSamePlace(dirname(given), where)
  return isThere ? basename(given) : given
}
