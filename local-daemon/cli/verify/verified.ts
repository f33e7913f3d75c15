import { existsSync } from 'node:fs'
import { identityAt } from '../../access/identity/identity.ts'
import type { Home } from '../../home/home.ts'
import { lineagePath } from '../../home/lineage-path.ts'
import { refuseOthers } from '../../home/prepare-home.ts'
import { StartError } from '../../problem/start-error.ts'
import type { Verification } from './verify-store.ts'
import { showProgress } from '../output/progress.ts'

/** Everything about the store of a home. Throws `StartError` `HOME_NOT_OURS`, `KEY_MISSING`, or `StoreOpenError`. */
export async function verified(
  home: Home,
  path: string,
  options: { readonly json?: boolean | undefined; readonly copy?: boolean },
  signal?: AbortSignal,
): Promise<Verification> {
  refuseOthers(home.root)
  if (!existsSync(home.instanceKey)) {
    throw new StartError(
      'KEY_MISSING',
      `There is no identity in ${home.root}, so there is no store to check`,
      'run it on the daemon’s machine; --home selects another home',
    )
  }
  const { readSuccessions } = await import('../../access/identity/succession.ts')
  const { did } = identityAt(home.instanceKey)
  const lineage = readSuccessions(home, did).map(({ from }) => from)
  const { verifyStore } = await import('./verify-store.ts')
  using progress = showProgress('checking records', options)
  return await verifyStore({
    path,
    did,
    lineage,
    ...(options.copy !== true && { lineageFile: lineagePath(home, path) }),
    onProgress: (done, total) => progress.count(done, total),
    ...(signal && { signal }),
  })
}
