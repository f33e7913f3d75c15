import { dirname } from 'node:path'
import { bytesText } from '../../problem/bytes-text.ts'
import { freeBytes, isAtLimit, noRoomIn } from '../file/disk-room.ts'
import { STORE_LIMITS } from '../limits.ts'
import { isDatabaseError, meaningOf, type StoreTrouble, troubleFrom } from './store-trouble.ts'

/** Why a store may not grow: its disk is full, or its file has its largest size; undefined for everything else. */
export function fullTrouble(path: string, error: unknown): StoreTrouble | undefined {
  if (!isDatabaseError(error)) return undefined
  if (meaningOf(error) === 'STORE_FULL') return diskTrouble(dirname(path), error)
  // SQLite reports a file that may not grow as a failing disk.
  if (!/^SQLITE_IOERR_(?:WRITE|TRUNCATE|SHMSIZE)/u.test(error.code)) return undefined
  const files = [`${path}-wal`, path]
  if (!files.some((file) => isAtLimit(file, STORE_LIMITS.storeProbeBytes))) return undefined
  return {
    ...troubleFrom('STORE_FULL', error),
    message:
      'The store may not grow: its file has the largest size that this process may give to one',
    try: 'Raise the limit (ulimit -f, or LimitFSIZE= of the service), then: spl serve --restart. Nothing that was acknowledged is lost.',
  }
}

/** Its owner is told which disk, and what is left of it. */
function diskTrouble(directory: string, error: Error): StoreTrouble {
  const trouble = troubleFrom('STORE_FULL', error)
  const { what, see } = noRoomIn(directory)
  const free = freeBytes(directory)
  const left = free === undefined ? '' : `; ${bytesText(free)} are free`
  return {
    ...trouble,
    owner: {
      message: `The store in ${directory} cannot grow: ${what}${left}`,
      try: `Make room (${see}); the daemon tries again by itself, and needs no restart.`,
    },
  }
}
