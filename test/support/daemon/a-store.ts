import { generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import { formatDidKey } from '../../../protocol/identity/did-key.ts'
import { openStore, type Store } from '../../../local-daemon/store/open-store.ts'
import type { LocalOrigin } from '../../../local-daemon/store/transactor.ts'
import { aHome } from './a-daemon.ts'

/** A signer of its own. */
export function anOrigin(): LocalOrigin {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const did = formatDidKey(new Uint8Array(Buffer.from(x, 'base64url')))
  const signNow = (bytes: Uint8Array) => sign(null, bytes, privateKey)
  return { did, sign: signNow, key: privateKey }
}

/** A real store on disk, in a directory of its own. */
export interface TestStore extends Disposable {
  readonly store: Store
  readonly path: string
  readonly origin: LocalOrigin
  /** Closes the store and opens the same file again. */
  reopen(): Store
}

export function aStore(options: { readonly maxBytes?: number } = {}): TestStore {
  const home = aHome()
  const path = join(home.path, 'hub.db')
  const origin = anOrigin()
  let store = openStore({ path, origin, ...options })
  return {
    get store() {
      return store
    },
    path,
    origin,
    reopen() {
      store.close()
      store = openStore({ path, origin, ...options })
      return store
    },
    [Symbol.dispose]() {
      store.close()
      home[Symbol.dispose]()
    },
  }
}
