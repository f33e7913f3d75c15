import type { Home } from '../../home/home.ts'
import { holdsLock } from '../../home/lock-holder.ts'
import { readRunningPid } from '../../home/pid-file.ts'
import { processStart } from '../../home/process-start.ts'
import type { Presence } from '../client/presence.ts'

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
