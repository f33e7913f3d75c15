import { takeExclusiveLock } from './exclusive-lock.ts'
import type { Home } from './home.ts'
import { readHolder, removePidFile, writePidFile } from './pid-file.ts'
import { StartError } from '../problem/start-error.ts'

/** The right to be the only daemon of a home, or the only command that no daemon may run beside. `release` is idempotent. */
export interface SingleInstance {
  release(): void
}

/**
 * Takes the home's lock.
 *
 * @param command for whom, such as `spl restore`; undefined for a daemon
 * @throws StartError DAEMON_RUNNING, HOME_IN_USE, which name the process that holds it
 */
export function takeSingleInstance(home: Home, command?: string): SingleInstance {
  const lock = takeExclusiveLock(home.lockFile)
  if (lock === undefined) throw alreadyHeld(home, command)
  try {
    writePidFile(home.pidFile, command)
  } catch (error) {
    lock.release()
    throw error
  }
  let held = true
  return {
    release() {
      if (!held) return
      held = false
      removePidFile(home.pidFile)
      lock.release()
    },
  }
}

function alreadyHeld(home: Home, command: string | undefined): StartError {
  const holder = readHolder(home.pidFile)
  const who = holder === undefined ? '' : ` (pid ${holder.pid})`
  if (holder?.command !== undefined) {
    return new StartError(
      'HOME_IN_USE',
      `${holder.command} is at work on ${home.root}${who}`,
      'Wait until it is done, then run the same command again.',
    )
  }
  return new StartError(
    'DAEMON_RUNNING',
    `A daemon already runs on ${home.root}${who}`,
    command === undefined
      ? 'Look at it with: spl serve --status. Stop it with: spl serve --stop. Or set SYNCROPEL_HOME to another home.'
      : 'Stop it with: spl serve --stop. Then run the same command again.',
  )
}
