import { isAtLimit } from '../file/disk-room.ts'
import { STORE_LIMITS } from '../limits.ts'
import { isDatabaseError, type StoreTrouble, troubleFrom } from './store-trouble.ts'

/** A full store that SQLite reports as a failing disk, because its file may not grow; undefined for everything else. */
export function limitTrouble(path: string, error: unknown): StoreTrouble | undefined {
  if (!isDatabaseError(error) || !/^SQLITE_IOERR_(?:WRITE|TRUNCATE|SHMSIZE)/u.test(error.code)) {
    return undefined
  }
  const files = [`${path}-wal`, path]
  if (!files.some((file) => isAtLimit(file, STORE_LIMITS.storeProbeBytes))) return undefined
  return {
    ...troubleFrom('STORE_FULL', error),
    message:
      'The store may not grow: its file has the largest size that this process may give to one',
    try: 'Raise the limit (ulimit -f, or LimitFSIZE= of the service), then: spl serve --restart. Nothing that was acknowledged is lost.',
  }
}
