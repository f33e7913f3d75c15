import Database from 'better-sqlite3'
import { join } from 'node:path'
import { GatewayError } from './gateway-error.ts'

/**
 * Keeps a second gateway out of the same directory: two workerd processes on one object storage would both
 * think that they hold the one object. An exclusive SQLite transaction is the lock, because the kernel
 * drops it with the process, where a file with a process id would stay behind and lie.
 *
 * @throws GatewayError STORAGE_IN_USE
 */
export function lockStorage(directory: string): { release(): void } {
  const database = new Database(join(directory, 'lock.db'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!String((cause as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw cause
    throw new GatewayError(
      'STORAGE_IN_USE',
      `another gateway runs in ${directory}`,
      'stop the other one, or choose another directory with --storage or --home',
      { cause },
    )
  }
  return { release: () => void database.close() }
}
