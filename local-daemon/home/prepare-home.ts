import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import type { Home } from './home.ts'
import { StartError } from '../problem/start-error.ts'
import { shellPath } from '../problem/shell-word.ts'
import { requireUsableFile } from './usable-file.ts'

/**
 * Makes the home's directories with mode 0700. An existing one that is open to others is refused with the
 * `chmod` that closes it, because changing somebody's populated directory unasked could break their
 * system (`SYNCROPEL_HOME=/tmp`). Only an empty one of our own is closed silently.
 */
export function prepareHome(home: Home): void {
  for (const directory of [home.root, home.keys, home.run, home.logs, home.gateway]) {
    makePrivateDirectory(directory)
  }
  for (const file of [home.lineage, home.pidFile, home.lockFile, home.runningFile])
    requireUsableFile(file)
  for (const log of [home.logFile, home.errorLog]) requireUsableFile(log, true)
}

function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
    throw new StartError(
      'HOME_NOT_WRITABLE',
      `Make directory ${path}: ${(error as Error).message}`,
      'Set SYNCROPEL_HOME to a directory that you may write to.',
      { cause: error },
    )
  }
  refuseOthers(path)
  const { mode } = statSync(path)
  if ((mode & 0o077) === 0) return
  if (readdirSync(path).length === 0) return chmodSync(path, 0o700)
  throw new StartError(
    'HOME_MODE_TOO_OPEN',
    `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: other users of this machine could reach it`,
    `chmod 700 ${shellPath(path)}`,
  )
}

/**
 * Refuses a directory of another user, if it is there. Also for root: root's files in somebody's home would lock its owner out.
 *
 * @throws StartError HOME_NOT_OURS
 */
export function refuseOthers(path: string): void {
  const uid = statSync(path, { throwIfNoEntry: false })?.uid
  const own = process.getuid?.()
  if (uid === undefined || own === undefined || uid === own) return
  throw new StartError(
    'HOME_NOT_OURS',
    `${path} belongs to the user with the number ${uid}, and spl runs as number ${own}`,
    `Run the same command as that user: sudo -u '#${uid}' …; or name a home of your own with --home or SYNCROPEL_HOME.`,
  )
}
