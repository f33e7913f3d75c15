import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

/**
 * Whether a process holds the lock of a file, according to the kernel. A number in a file can be anybody's, and so can a start
 * time beside it. False if the kernel cannot tell.
 */
export function holdsLock(pid: number, lockFile: string): boolean {
  try {
    return process.platform === 'linux'
      ? linuxHolders(lockFile).includes(pid)
      : hasOpen(pid, lockFile)
  } catch {
    return false
  }
}

/** `1: POSIX  ADVISORY  WRITE 4711 fd:01:131 0 EOF`; a process of another container has the number 0 or -1. */
function linuxHolders(lockFile: string): number[] {
  const { ino } = statSync(lockFile, { bigint: true })
  const held = /^\d+: POSIX +\S+ +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gmu
  const locks = readFileSync('/proc/locks', 'utf8')
  return [...locks.matchAll(held)]
    .filter((lock) => lock[2] === String(ino))
    .map((lock) => Number(lock[1]))
}

/** macOS and other Unix systems list only open files: a process that has it open besides the holder is just trying to get it. */
function hasOpen(pid: number, lockFile: string): boolean {
  // Exit code 0 only if that process has the file open.
  execFileSync('lsof', ['-a', '-p', String(pid), '--', lockFile], { stdio: 'ignore' })
  return true
}
