import { freeBytes } from '../store/file/disk-room.ts'
import { backupNoRoom } from './backup-error.ts'
import { BACKUP_LIMITS } from './limits.ts'

/**
 * Refuses a copy that would take the last room of a disk.
 *
 * @throws ProblemError BACKUP_NO_ROOM
 */
export function requireRoom(directory: string, bytes: number): void {
  const needs = bytes + BACKUP_LIMITS.reserveBytes
  if ((freeBytes(directory) ?? Infinity) < needs) throw backupNoRoom(directory, needs)
}
