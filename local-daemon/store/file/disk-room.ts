import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { shellPath } from '../../problem/shell-word.ts'

/** What a file system has run out of, in words, and the command that shows it. */
export interface NoRoom {
  readonly what: string
  readonly see: string
}

/** Why a file system is full: it may have room, but no inodes for another file. */
export function noRoomIn(directory: string): NoRoom {
  return hasNoInodes(directory)
    ? {
        what: 'the disk has no inodes left for another file',
        see: `remove files; df -i ${shellPath(directory)}`,
      }
    : { what: 'the disk is full', see: `df -h ${shellPath(directory)}` }
}

/** Whether no more files can be made. File systems that make inodes on demand report none. */
export function hasNoInodes(directory: string): boolean {
  try {
    const { files, ffree } = statfsSync(directory)
    return files > 0 && ffree === 0
  } catch {
    return false
  }
}

/** Bytes that may still be written; undefined if the file system does not tell. */
export function freeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return undefined
  }
}

/**
 * Whether a file has reached the largest size for this process (`ulimit -f`, EFBIG). SQLite does not tell. Tried with one byte
 * in another file, at the same offset, which takes no room.
 */
export function isAtLimit(file: string, more: number): boolean {
  const trial = `${file}.limit`
  try {
    const size = statSync(file).size
    const opened = openSync(trial, 'w', 0o600)
    try {
      writeSync(opened, Buffer.of(0), 0, 1, size + more)
    } finally {
      closeSync(opened)
    }
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EFBIG'
  } finally {
    rmSync(trial, { force: true })
  }
}
