import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartError } from '../../problem/start-error.ts'
import { RESTORING } from '../../store/file/swap.ts'
import { backupNoRoom } from '../backup-error.ts'
import type { FetchedBackup } from '../fetch-backup.ts'
import { requireRoom } from '../require-room.ts'

/**
 * Copies any database file with its log, such as one that `cp` or another program kept, into a new directory beside the store.
 *
 * @throws StartError BACKUP_UNREADABLE, ProblemError BACKUP_NO_ROOM
 */
export function stageFile(path: string, parent: string): FetchedBackup {
  const size = sizeOf(path)
  if (size === undefined) {
    throw new StartError(
      'BACKUP_UNREADABLE',
      `${path} is no file that could be restored`,
      'spl backup list shows the backups of this home; or give the path of a database file',
    )
  }
  const log = `${path}-wal`
  requireRoom(parent, size + (sizeOf(log) ?? 0))
  const directory = mkdtempSync(join(parent, RESTORING))
  const file = join(directory, 'copy.db')
  const discard = async () => rmSync(directory, { recursive: true, force: true })
  try {
    copyPrivate(path, file)
    if (existsSync(log)) copyPrivate(log, `${file}-wal`)
    return { directory, file, [Symbol.asyncDispose]: discard }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    const { code = '', message } = error as NodeJS.ErrnoException
    if (/^(?:ENOSPC|EDQUOT)$/u.test(code)) throw backupNoRoom(dirname(file), size, error)
    throw new StartError(
      'BACKUP_UNREADABLE',
      `Read ${path}: ${message}`,
      'run spl as a user who may read it',
      { cause: error },
    )
  }
}

/** A copy has the mode of its original, which others may be able to read. */
function copyPrivate(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
}

function sizeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true ? found.size : undefined
}
