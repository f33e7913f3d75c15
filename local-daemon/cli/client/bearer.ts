import { readFile, stat } from 'node:fs/promises'
import type { Home } from '../../home/home.ts'
import { tokenFile } from './token-file.ts'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Login } from './login-file.ts'
import { shellPath } from '../../problem/shell-word.ts'

/** Anybody else's permission bits. */
const OTHERS = 0o077

/** A bearer and where it was found. */
export interface LocatedBearer {
  readonly source: 'option' | 'environment' | 'login' | 'file'
  readonly bearer: string
}

/**
 * The bearer for a daemon elsewhere: `--token`, then `SPL_TOKEN`, then that of the login to this very daemon, then the
 * file `token` in the home, which nobody else may read.
 *
 * @throws CliError TOKEN_MISSING, TOKEN_INSECURE
 */
export async function findBearer(
  option: string | undefined,
  home: Home,
  login: Login | undefined,
): Promise<string> {
  const located = await locateBearer(option, home, login)
  if (located !== undefined) return located.bearer
  throw new CliError(
    'TOKEN_MISSING',
    'SPL_SERVE_URL needs a bearer token',
    `SPL_TOKEN=<bearer>, or save it in ${shellPath(tokenFile(home))} with: spl token save -; or pair this machine: spl login <url>`,
    EXIT_CODE.refused,
  )
}

/**
 * Where `findBearer` takes it from; undefined when there is none.
 *
 * @throws CliError TOKEN_INSECURE
 */
export async function locateBearer(
  option: string | undefined,
  home: Home,
  login: Login | undefined,
): Promise<LocatedBearer | undefined> {
  if (option) return { source: 'option', bearer: option.trim() }
  const variable = process.env['SPL_TOKEN']
  if (variable) return { source: 'environment', bearer: variable.trim() }
  if (login !== undefined) return { source: 'login', bearer: login.bearer }
  const path = tokenFile(home)
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && mode & OTHERS) throw insecure(path, mode)
    return { source: 'file', bearer: (await readFile(path, 'utf8')).trim() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function insecure(path: string, mode: number): CliError {
  return new CliError(
    'TOKEN_INSECURE',
    `other users can read ${path} (mode 0${(mode & 0o777).toString(8)})`,
    `chmod 600 ${shellPath(path)}`,
    EXIT_CODE.refused,
  )
}
