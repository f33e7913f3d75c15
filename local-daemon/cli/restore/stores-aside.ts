import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What the names of directories begin with into which a restore puts what it replaces. */
export const ASIDE = 'replaced-'

/** The stores that earlier restores have put aside, beside this one. */
export function storesAside(database: string): readonly string[] {
  const parent = dirname(database)
  return readdirSync(parent)
    .filter((name) => name.startsWith(ASIDE))
    .map((name) => join(parent, name, basename(database)))
    .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0)
}
