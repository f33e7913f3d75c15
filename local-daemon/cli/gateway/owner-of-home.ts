import { existsSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Home } from '../../home/home.ts'
import { homeOf, type GlobalOptions } from '../global-options.ts'

/**
 * The did:key of the home's daemon. Reads the identity without making one: a gateway that waits for a daemon that is
 * not there yet helps nobody.
 *
 * @throws CliError OWNER_MISSING, exit code 2
 */
export async function ownerOfHome(options: GlobalOptions): Promise<string> {
  const home = homeOf(options)
  if (existsSync(home.instanceKey)) {
    const { loadIdentity } = await import('../../access/identity/identity.ts')
    return loadIdentity(home).did
  }
  throw new CliError(
    'OWNER_MISSING',
    `no daemon has run in ${home.root} yet, so it is unknown which daemon may connect`,
    'spl serve --daemon first, or --owner <did:key> (spl status shows it)',
    EXIT_CODE.usage,
  )
}

/** The identity of a home and those that it had before, the newest first; undefined where no daemon has run. */
export async function ownersOfHome(
  home: Home,
): Promise<{ readonly did: string; readonly former: readonly string[] } | undefined> {
  if (!existsSync(home.instanceKey)) return undefined
  const { loadIdentity } = await import('../../access/identity/identity.ts')
  const { readSuccessions } = await import('../../access/identity/succession.ts')
  const { did } = loadIdentity(home)
  return { did, former: readSuccessions(home, did).map(({ from }) => from) }
}
