import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ExclusiveLock, takeExclusiveLock } from './exclusive-lock.ts'
import { realPath } from './real-path.ts'
import { StartError } from '../problem/start-error.ts'
import { shellPath } from '../problem/shell-word.ts'

/**
 * Takes the lock of a database file, `<file>.lock` beside it. The lock of the home is not enough: with `--store`, two
 * homes may name one file, and two daemons would answer from it, each with its own view.
 *
 * @throws StartError STORE_IN_USE, STORE_DIRECTORY_MISSING, STORE_HARD_LINKED
 */
export function takeStoreLock(database: string): ExclusiveLock {
  const path = realPath(database)
  requireDirectory(dirname(path))
  refuseHardLink(path)
  const lock = takeExclusiveLock(`${path}.lock`)
  if (lock !== undefined) return lock
  throw new StartError(
    'STORE_IN_USE',
    `A daemon of another home has the store ${database}`,
    'Stop that one first (spl serve --stop --home <its home>), or name another file with --store <path>',
  )
}

function requireDirectory(directory: string): void {
  if (existsSync(directory)) return
  throw new StartError(
    'STORE_DIRECTORY_MISSING',
    `There is no directory ${directory} for the store`,
    `mkdir -m 700 ${shellPath(directory)}, or name another file with --store <path>`,
  )
}

/**
 * Another name of the same file has its own lock and write-ahead log, so two daemons would overwrite each other
 * (sqlite.org/howtocorrupt.html, section 2.5, "Multiple links to the same file").
 */
function refuseHardLink(path: string): void {
  const names = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1
  if (names === 1) return
  const shellName = shellPath(path)
  const shellCopy = shellPath(`${path}.own`)
  throw new StartError(
    'STORE_HARD_LINKED',
    `The store ${path} has ${names} names (hard links), as cp -l and some backup programs make them`,
    `Stop every daemon that uses one of them, then make it a file of its own: cp -p ${shellName} ${shellCopy} && mv ${shellCopy} ${shellName}`,
  )
}
