import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Home } from './home.ts'
import { realPath } from './real-path.ts'
import { isSamePlace } from './same-place.ts'

/** The file of a home that remembers how far a store had come: one for its own store, and one for each `--store`. */
export function lineagePath(home: Home, database: string): string {
  if (isSamePlace(database, home.database)) return home.lineage
  const name = hash('sha256', realPath(database), 'hex').slice(0, 16)
  return join(home.root, `store-${name}.state`)
}
