import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeExclusiveLock, type ExclusiveLock } from '../home/exclusive-lock.ts'
import { GatewayError } from './gateway-error.ts'

/** Milliseconds to wait for a gateway that is stopping: as long as a stop may take (`docs/self-hosting.md`). */
const STOPPING_MS = 3_000
const AGAIN_MS = 50

/**
 * Keeps a second gateway out of the same directory: two workerd processes on one object storage would both
 * think that they have the one object. It waits for one that is stopping.
 *
 * @throws GatewayError STORAGE_IN_USE
 */
export async function lockStorage(directory: string): Promise<ExclusiveLock> {
  const until = performance.now() + STOPPING_MS
  for (;;) {
    const lock = takeExclusiveLock(join(directory, 'lock.db'))
    if (lock !== undefined) return lock
    if (performance.now() >= until) break
    await sleep(AGAIN_MS)
  }
  throw new GatewayError(
    'STORAGE_IN_USE',
    `another gateway runs in ${directory}`,
    'stop the other one, or choose another directory with --storage or --home',
  )
}
