import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Home } from '../../home/home.ts'
import { CliError } from '../cli-error.ts'
import { shellPath } from '../../problem/shell-word.ts'

/**
 * The demo's admin bearer. A store shows it once, so the demo keeps it in `<home>/token` (0600), where the CLI
 * looks for a bearer too, and later starts of the same home print the same one.
 *
 * @param minted the bearer, if this start made it
 * @throws CliError DEMO_BEARER_LOST
 */
export async function keepBearer(home: Home, minted: string | undefined): Promise<string> {
  const path = join(home.root, 'token')
  if (minted !== undefined) {
    await writeFile(path, `${minted}\n`, { mode: 0o600 })
    return minted
  }
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw new CliError(
      'DEMO_BEARER_LOST',
      `${home.root} has a store, but its bearer token is not in ${path}`,
      `use another --home, or start over with: rm -r ${shellPath(home.root)}`,
      undefined,
      { cause },
    )
  }
}
