import { bytesText } from '../problem/bytes-text.ts'
import { ProblemError } from '../problem/problem-error.ts'
import { freeBytes, noRoomIn } from '../store/file/disk-room.ts'
import type { CopyFault } from './run-copy.ts'

const KEPT = 'No earlier backup was touched.'

/** Another backup is being made. */
export function backupRunning(): ProblemError {
  return new ProblemError('BACKUP_RUNNING', 'A backup is being made already', {
    try: 'Wait for that one: spl backup list shows it when it is done.',
  })
}

/** There is nothing that could be kept. */
export function backupRefused(why: string): ProblemError {
  return new ProblemError('BACKUP_REFUSED', `No backup was made: ${why}`, {
    try: `${KEPT} spl status shows the store.`,
  })
}

/**
 * @param directory where the copy is made
 * @param needs bytes of the copy, and those that it leaves free; undefined where that is not known
 */
export function backupNoRoom(directory: string, needs?: number, cause?: unknown): ProblemError {
  const { what } = noRoomIn(directory)
  const free = freeBytes(directory)
  const wanted = needs === undefined ? '' : `it needs ${bytesText(needs)}, and `
  const why =
    what === 'the disk is full' && free !== undefined
      ? `${wanted}${directory} has ${bytesText(free)} free`
      : `${what} (${directory})`
  return new ProblemError(
    'BACKUP_NO_ROOM',
    `There is no room for the copy: ${why}`,
    { try: `Make room, or remove old backups: spl backup list, spl backup remove. ${KEPT}` },
    cause,
  )
}

function backupFailed(why: string, cause?: unknown): ProblemError {
  return new ProblemError(
    'BACKUP_FAILED',
    `The backup failed: ${why}`,
    { try: `See that the disk is well, then: spl backup create. ${KEPT}` },
    cause,
  )
}

function backupForbidden(path: string, cause: unknown): ProblemError {
  return new ProblemError(
    'BACKUP_FAILED',
    `The backup failed: ${path} may not be written: ${(cause as Error).message}`,
    { try: `Let the daemon's user write there, then: spl backup create. ${KEPT}` },
    cause,
  )
}

function storeDamaged(why: string): ProblemError {
  return new ProblemError(
    'STORE_DAMAGED',
    `No backup was made, because the store is damaged: ${why}`,
    {
      try: `spl verify names what is damaged; spl restore puts back the newest backup. ${KEPT}`,
    },
  )
}

/** The refusal for what the process of the copy tells. */
export function copyProblem(fault: CopyFault, directory: string): ProblemError {
  const { name, code = '', message } = fault
  if (name === 'EmptyStoreError') return backupRefused(message)
  if (name === 'DamagedStoreError') return storeDamaged(message)
  if (/^(?:ENOSPC|EDQUOT|SQLITE_FULL|DISK_FULL)/u.test(code)) return backupNoRoom(directory)
  if (/^SQLITE_(?:CORRUPT|NOTADB)/u.test(code)) return storeDamaged(message)
  return name === 'UnprovenError'
    ? backupFailed(`the copy is not what the store is: ${message}`)
    : backupFailed(message)
}

/** The refusal for an error of the system. */
export function systemProblem(error: unknown, directory: string): ProblemError {
  if (error instanceof ProblemError) return error
  const { code = '', message, path } = error as NodeJS.ErrnoException
  if (/^(?:EACCES|EPERM|EROFS)$/u.test(code)) return backupForbidden(path ?? directory, error)
  if (/^(?:ENOSPC|EDQUOT)/u.test(code)) return backupNoRoom(directory, undefined, error)
  return backupFailed(message, error)
}
