import { dirname } from 'node:path'
import { freeBytes } from '../file/disk-room.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { Statements } from '../statements.ts'

/**
 * Whether a store that was full has room again. Proved by a commit of usual size and by the room left after it: a single page may fit
 * where nothing else does.
 *
 * @param path null for a store in memory
 * @throws SQLite's error
 */
export function hasRoom(
  path: string | null,
  statements: Pick<Statements, 'takeRoom' | 'giveRoom'>,
  commit: (work: () => unknown) => unknown,
): boolean {
  const { storeProbeBytes } = STORE_LIMITS
  if (bytesLeft(path) < 5 * storeProbeBytes) return false
  commit(() => statements.takeRoom.run(storeProbeBytes))
  commit(() => statements.giveRoom.run())
  return bytesLeft(path) >= 4 * storeProbeBytes
}

function bytesLeft(path: string | null): number {
  return (path === null ? undefined : freeBytes(dirname(path))) ?? Infinity
}
