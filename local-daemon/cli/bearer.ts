import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Home } from '../config/home.ts'
import { CliError } from './cli-error.ts'
import { EXIT_CODE } from './exit-code.ts'

/** Anybody else's permission bits. */
const OTHERS = 0o077

/**
 * The bearer for a daemon elsewhere: `--token`, then `SPL_TOKEN`, then the file `token` in the home, which nobody
 * else may read.
 *
 * @throws CliError TOKEN_MISSING, TOKEN_INSECURE
 */
export async function findBearer(option: string | undefined, home: Home): Promise<string> {
  const given = option ?? process.env['SPL_TOKEN']
  if (given) return given.trim()
  const path = join(home.root, 'token')
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && mode & OTHERS) throw insecure(path, mode)
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new CliError(
      'TOKEN_MISSING',
      'SPL_SERVE_URL names a daemon elsewhere, which needs a bearer',
      `SPL_TOKEN=<bearer>, or save it in ${path} with mode 0600`,
      EXIT_CODE.refused,
    )
  }
}

function insecure(path: string, mode: number): CliError {
  return new CliError(
    'TOKEN_INSECURE',
    `others may read ${path} (mode 0${(mode & 0o777).toString(8)})`,
    `chmod 600 ${path}`,
    EXIT_CODE.refused,
  )
}
