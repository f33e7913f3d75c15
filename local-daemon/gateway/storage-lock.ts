import { join } from 'node:path'
import { takeExclusiveLock, type ExclusiveLock } from '../config/exclusive-lock.ts'
import { GatewayError } from './gateway-error.ts'

/**
 * Keeps a second gateway out of the same directory: two workerd processes on one object storage would both
 * think that they hold the one object.
 *
 * @throws GatewayError STORAGE_IN_USE
 */
export function lockStorage(directory: string): ExclusiveLock {
  const lock = takeExclusiveLock(join(directory, 'lock.db'))
  if (lock !== undefined) return lock
  throw new GatewayError(
    'STORAGE_IN_USE',
    `another gateway runs in ${directory}`,
    'stop the other one, or choose another directory with --storage or --home',
  )
}
