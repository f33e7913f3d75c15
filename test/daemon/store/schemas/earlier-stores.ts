import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'

/** A small store of an earlier schema. */
export interface EarlierStore {
  readonly schema: number
  /** Who signed its records. */
  readonly did: string
  readonly epoch: string
  readonly records: number
  /** SHA-256 of its ids, in order of arrival, a line each. */
  readonly ids: string
}

/* `schema-<n>.db.gz` beside this file. Each was made by a daemon of the commit that had the schema, with records, accounts and tokens; its key is gone. */
const WRITTEN: readonly EarlierStore[] = [
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
  {
    schema: 6,
    did: 'did:key:z6MkqJD6WSqXQNEvNpUdAvVUfBqM2BcxptbYVH1SHttzwTYw',
    epoch: '5e9054fa6afacbef',
    records: 37,
    ids: 'd6fda1ad0a77ae6f20c0c94f127bfbbc1f41573bd6103ac3cf85e3fe316e121d',
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

/** The store of a schema; of one without a file, the newest with one, after the steps between them. */
export function earlierStores(newest: number): readonly EarlierStore[] {
  const last = WRITTEN.at(-1) as EarlierStore
  const later = Array.from({ length: newest - WRITTEN.length }, (_, n) => WRITTEN.length + n + 1)
  return [...WRITTEN, ...later.map((schema) => ({ ...last, schema }))]
}

export function writeEarlierStore(schema: number, path: string): void {
  const written = Math.min(schema, WRITTEN.length)
  const packed = readFileSync(new URL(`./schema-${written}.db.gz`, import.meta.url))
  writeFileSync(path, gunzipSync(packed), { mode: 0o600 })
  if (written === schema) return
  const database = new Database(path)
  for (const step of MIGRATIONS.slice(written, schema)) database.exec(step)
  database.pragma(`user_version = ${schema}`)
  database.close()
}
