import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { shellPath } from '../../problem/shell-word.ts'

/** What a file system has no more of, in words, and what shows it. */
export interface NoRoom {
  readonly what: string
  readonly see: string
}

/** Why a file system takes no more: it may have room, and no inodes for another file. */
export function noRoomIn(directory: string): NoRoom {
  return hasNoInodes(directory)
    ? {
        what: 'the disk has no inodes left for another file',
        see: `remove files; df -i ${shellPath(directory)}`,
      }
    : { what: 'the disk is full', see: `df -h ${shellPath(directory)}` }
}

/** Whether no more files can be made. File systems that make inodes as they need them count none. */
export function hasNoInodes(directory: string): boolean {
  try {
    const { files, ffree } = statfsSync(directory)
    return files > 0 && ffree === 0
  } catch {
    return false
  }
}

/** Bytes that may still be written; undefined where the file system does not tell. */
export function freeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return undefined
  }
}

/**
 * Whether a file has come to the size that this process may give to one (`ulimit -f`, EFBIG). SQLite does not say it. Tried with one byte
 * in another file, as far from its beginning: no room is taken by it.
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
