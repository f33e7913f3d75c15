import { existsSync } from 'node:fs'
import type { Home } from '../../home/home.ts'

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
