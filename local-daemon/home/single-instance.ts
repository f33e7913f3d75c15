import { takeExclusiveLock } from './exclusive-lock.ts'
import type { Home } from './home.ts'
import { readRunningPid, removePidFile, writePidFile } from './pid-file.ts'
import { StartError } from '../problem/start-error.ts'

/** The right to be the only daemon of a home. `release` is idempotent. */
export interface SingleInstance {
  release(): void
}

/** Takes the home's lock, or throws `StartError` `DAEMON_RUNNING`, which names the process that holds it. */
export function takeSingleInstance(home: Home): SingleInstance {
  const lock = takeExclusiveLock(home.lockFile)
  if (lock === undefined) throw alreadyRunning(home)
  try {
    writePidFile(home.pidFile)
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

function alreadyRunning(home: Home): StartError {
  const pid = readRunningPid(home.pidFile)
  const who = pid === undefined ? '' : ` (pid ${pid})`
  return new StartError(
    'DAEMON_RUNNING',
    `A daemon already runs on ${home.root}${who}`,
    'Look at it with: spl serve --status. Stop it with: spl serve --stop. Or set SYNCROPEL_HOME to another home.',
  )
}
