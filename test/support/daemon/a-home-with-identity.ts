import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { homeAt, type Home } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { aHome } from './a-daemon.ts'

/** A home directory as `spl serve` makes it at its first start: a gateway can serve it before a daemon has run. */
export interface HomeWithIdentity extends Disposable {
  readonly path: string
  readonly paths: Home
  /** `did:key:…` of its identity. */
  readonly ownerDid: string
}

export function aHomeWithIdentity(): HomeWithIdentity {
  const home = aHome()
  const paths = homeAt(home.path)
  prepareHome(paths)
  const ownerDid = loadIdentity(paths).did
  return { path: home.path, paths, ownerDid, [Symbol.dispose]: () => home[Symbol.dispose]() }
}
