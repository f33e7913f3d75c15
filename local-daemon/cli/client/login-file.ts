import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { shellPath } from '../../problem/shell-word.ts'

/**
 * The daemon elsewhere that the commands of a home go to. The bearer stands beside the one address, the one identity and
 * the one authority that it is for, so that it can be sent to no other.
 */
export interface Login {
  readonly object: 'login_file'
  /** Origin. */
  readonly url: string
  readonly instance_did: string
  readonly bearer: string
  readonly device: string
  readonly service_account_id: string
  /** PEM of the only authority that is trusted for the url; null trusts the system's. */
  readonly ca: string | null
}

/** Anybody else's permission bits. */
const OTHERS = 0o077

/** Where a home keeps it, mode 0600. */
export function loginFile(home: Home): string {
  return join(home.root, 'remote.json')
}

/**
 * @returns undefined where nobody has logged in
 * @throws CliError TOKEN_INSECURE, LOGIN_UNREADABLE
 */
export function readLogin(home: Home): Login | undefined {
  const path = loginFile(home)
  try {
    const { mode } = statSync(path)
    if (process.platform !== 'win32' && mode & OTHERS) throw insecure(path, mode)
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof CliError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CliError(
      'LOGIN_UNREADABLE',
      `${path} is not what spl login wrote`,
      'spl logout, then spl login <url> again',
      EXIT_CODE.failed,
      { cause: error },
    )
  }
}

/** Replaces the file in one step: a reader sees the old login or the new one. */
export function writeLogin(home: Home, login: Login): void {
  const path = loginFile(home)
  const beside = `${path}.${randomUUID()}`
  try {
    writeFileSync(beside, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

/** Missing is fine. */
export function removeLogin(home: Home): void {
  rmSync(loginFile(home), { force: true })
}

function parse(text: string): Login {
  const login = JSON.parse(text) as Login
  const { url, instance_did, bearer, device, service_account_id, ca } = login
  const texts: unknown[] = [url, instance_did, bearer, device, service_account_id, ca ?? '']
  const isWhole = texts.every((value) => typeof value === 'string') && bearer !== ''
  if (login.object === 'login_file' && isWhole && new URL(url).origin === url) return login
  throw new TypeError('a field is missing')
}

function insecure(path: string, mode: number): CliError {
  return new CliError(
    'TOKEN_INSECURE',
    `other users can read ${path} (mode 0${(mode & 0o777).toString(8)})`,
    `chmod 600 ${shellPath(path)}; if somebody may have read it: spl logout, then log in again`,
    EXIT_CODE.refused,
  )
}
