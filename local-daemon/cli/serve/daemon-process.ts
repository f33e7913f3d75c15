import type { Home } from '../../config/home.ts'
import { holdsLock } from '../../config/lock-holder.ts'
import { readRunningPid } from '../../config/pid-file.ts'
import { processStart } from '../../config/process-start.ts'
import type { Presence } from './presence.ts'

/**
 * The process of a home's daemon, as the daemon itself says over the home's socket; of one that is silent, the process
 * that its pid file names and that holds the home's lock. The pid file alone is never enough to signal somebody.
 */
export function daemonProcess(home: Home, presence: Presence): number | undefined {
  if (presence.state === 'answers') {
    const { process: own } = presence.health
    // The same number in another container is another process, and has begun at another time.
    return own !== undefined && processStart(own.pid) === own.started ? own.pid : undefined
  }
  const pid = readRunningPid(home.pidFile)
  return pid !== undefined && holdsLock(pid, home.lockFile) ? pid : undefined
}
