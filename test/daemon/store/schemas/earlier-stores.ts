import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** A small store that the spl of an earlier schema wrote: `schema-<n>.db.gz` beside this file. */
export interface EarlierStore {
  readonly schema: number
  /** Who signed its records. */
  readonly did: string
  readonly epoch: string
  readonly records: number
  /** SHA-256 of its ids, in order of arrival, a line each. */
  readonly ids: string
}

/* Each was made by a daemon of the commit that had the schema, with records, accounts and tokens; its key is gone. */
export const EARLIER_STORES: readonly EarlierStore[] = [
  {
    schema: 1,
    did: 'did:key:z6Mku6B68ha17nPJkx3dC3zyvAKKrduDmdrWN4eZTUXFE1D9',
    epoch: '297576ca97049721',
    records: 36,
    ids: '591b9e5ba3eb88895b2d58a193cab0f8d53ef56f251ec398e7969c45286a7ffd',
  },
  {
    schema: 2,
    did: 'did:key:z6MkexBrHA3t6uvxjntjGBXawDSF6HhvgMffAP5Hvv7dKASt',
    epoch: '61b90b0c397d19da',
    records: 37,
    ids: 'cfa94fc581c3346a9a96aa8c787364b3409b78928f75e74f9428381046aef462',
  },
  {
    schema: 3,
    did: 'did:key:z6Mkm34717u3pFZxAmyYZ4sJhYS6cpaXzAegvdR2KRMmGdJ3',
    epoch: 'aa28f4cf4bebc672',
    records: 37,
    ids: '24df394ccbc7aeb479b70c06549d44ddf62d57828ce12923ba31a7971f015be4',
  },
  {
    schema: 4,
    did: 'did:key:z6Mkgr92Xc9bk37MXNsbuaQsg4D6EGxhRNsMAkgFodKySacR',
    epoch: '6b25436ee18a850e',
    records: 37,
    ids: 'af289a4491968ccd6c9c22413a53db2025c737d2ba169e57f3280d779b187bd4',
  },
  {
    schema: 5,
    did: 'did:key:z6MkpRNGe5zVVYmbox3irKzQCW7nsh9jk7rhuS6Ut5GTEZJp',
    epoch: 'bf209c095838cafa',
    records: 37,
    ids: '77f2ed5db3a532c3c2e158f9ec5bd3e298a7eece2e94bccd988412b606d524cf',
  },
  // The one before, after its sixth step.
  {
    schema: 6,
    did: 'did:key:z6MkpRNGe5zVVYmbox3irKzQCW7nsh9jk7rhuS6Ut5GTEZJp',
    epoch: 'bf209c095838cafa',
    records: 37,
    ids: '77f2ed5db3a532c3c2e158f9ec5bd3e298a7eece2e94bccd988412b606d524cf',
  },
  // The same, after its seventh step.
  {
    schema: 7,
    did: 'did:key:z6MkpRNGe5zVVYmbox3irKzQCW7nsh9jk7rhuS6Ut5GTEZJp',
    epoch: 'bf209c095838cafa',
    records: 37,
    ids: '77f2ed5db3a532c3c2e158f9ec5bd3e298a7eece2e94bccd988412b606d524cf',
  },
  // The same, after its eighth step.
  {
    schema: 8,
    did: 'did:key:z6MkpRNGe5zVVYmbox3irKzQCW7nsh9jk7rhuS6Ut5GTEZJp',
    epoch: 'bf209c095838cafa',
    records: 37,
    ids: '77f2ed5db3a532c3c2e158f9ec5bd3e298a7eece2e94bccd988412b606d524cf',
  },
]

export function writeEarlierStore(schema: number, path: string): void {
  const packed = readFileSync(new URL(`./schema-${schema}.db.gz`, import.meta.url))
  writeFileSync(path, gunzipSync(packed), { mode: 0o600 })
}
