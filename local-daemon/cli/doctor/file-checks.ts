import { readdirSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { tokenFile } from '../client/token-file.ts'
import type { Check } from './check.ts'
import { failure, pass, skip } from './outcomes.ts'
import { loginFile } from '../client/login-file.ts'
import { storeOf, type Survey } from './survey.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** Anybody else's permission bits. */
const OTHERS = 0o077
/** Names in a message; more are counted. */
const NAMED = 3

/** Whether others of this machine can read what is secret: the keys, the store, the bearer, the socket's directory. */
export function fileChecks(seen: Survey): readonly Check[] {
  const { home } = seen
  if (process.platform === 'win32')
    return [
      skip(
        'file-modes',
        'Windows has no file modes: the home inherits the permissions of your profile',
      ),
    ]
  const name = 'file-modes'
  const root = statusOf(home.root)
  if (root === undefined) {
    return [failure(name, `${home.root} does not exist`, 'spl serve --daemon creates it')]
  }
  const mine = process.getuid?.()
  const paths = [
    home.root,
    home.run,
    home.logs,
    tokenFile(home),
    ...inside(home.keys),
    loginFile(home),
    ...databaseOf(storeOf(seen)),
  ]
  const open = paths.filter((path) => isOpen(statusOf(path)))
  if (open.length > 0) {
    return [
      failure(
        name,
        `other users of this machine can read ${some(open)}`,
        `chmod go= ${open.map(shellPath).join(' ')}`,
      ),
    ]
  }
  const foreign = paths.filter((path) => {
    const status = statusOf(path)
    return status !== undefined && mine !== undefined && mine !== 0 && status.uid !== mine
  })
  if (foreign.length > 0) {
    return [
      failure(
        name,
        `${some(foreign)} belongs to another user, so the daemon may be unable to use it`,
        `sudo chown -R "$(id -un)" ${shellPath(home.root)}`,
      ),
    ]
  }
  return [pass(name, 'only you can read keys, store and bearer token')]
}

function inside(directory: string): string[] {
  try {
    return [directory, ...readdirSync(directory).map((file) => join(directory, file))]
  } catch {
    return [directory]
  }
}

function databaseOf(database: string): string[] {
  return [database, `${database}-wal`, `${database}-shm`]
}

function statusOf(path: string): Stats | undefined {
  try {
    // Of what a link leads to: the link's own mode says nothing.
    return statSync(path)
  } catch {
    return undefined
  }
}

function isOpen(status: Stats | undefined): boolean {
  return status !== undefined && (status.mode & OTHERS) !== 0
}

function some(paths: readonly string[]): string {
  const more = paths.length - NAMED
  return `${paths.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
