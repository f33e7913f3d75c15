import type { Home } from './home/home.ts'
import { noRoomIn } from './store/file/disk-room.ts'
import { StartError } from './problem/start-error.ts'
import { shellPath } from './problem/shell-word.ts'
import { unusable } from './home/usable-file.ts'

/**
 * The reason why a start failed, for a person. Errors with a next step stay as they are; a system error about a file
 * becomes one that names the cause: a full disk, a home that may not be written, too many open files.
 */
export function explainStart(error: unknown, home: Home): unknown {
  const { code, message, path } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || code === undefined || 'try' in error) return error
  const options = { cause: error }
  const cause = CAUSES.find(({ codes }) => codes.test(code))?.cause
  if (cause === 'full') {
    const { what, see } = noRoomIn(home.root)
    return new StartError(
      'DISK_FULL',
      `There is no room left for ${path ?? home.root}: ${what} (${message})`,
      `Make room (${see}), then start again. Nothing that was acknowledged is lost.`,
      options,
    )
  }
  if (cause === 'forbidden') {
    return new StartError(
      'HOME_NOT_WRITABLE',
      `${path ?? home.root} may not be written: ${message}`,
      `ls -ld ${shellPath(home.root)} shows whose it is; run spl as that user, or set SYNCROPEL_HOME to a directory of your own.`,
      options,
    )
  }
  if (cause === 'files') {
    return new StartError(
      'TOO_MANY_FILES',
      `The system lets this process open no more files: ${message}`,
      'Set ulimit -n 4096 before the start, or LimitNOFILE= of the service.',
      options,
    )
  }
  if (cause === 'unusable' && path !== undefined) return unusable(path, message, options)
  return error
}

const CAUSES = [
  { codes: /^(?:ENOSPC|EDQUOT|SQLITE_FULL)$/u, cause: 'full' },
  {
    codes: /^(?:EACCES|EPERM|EROFS|SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM)/u,
    cause: 'forbidden',
  },
  { codes: /^(?:EMFILE|ENFILE)$/u, cause: 'files' },
  { codes: /^(?:EISDIR|ENOTDIR|ENOENT|EEXIST|ELOOP|ENXIO)$/u, cause: 'unusable' },
] as const
