import { hash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Home } from './home.ts'

/** The file of a home that remembers how far a store had come: one for its own, and one for each other that `--store` named. */
export function lineagePath(home: Home, database: string): string {
  if (database === home.database) return home.lineage
  const name = hash('sha256', realPath(database), 'hex').slice(0, 16)
  return join(home.root, `store-${name}.state`)
}

/** One name for one file, also before it is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(realPathOfDirectory(dirname(path)), basename(path))
  }
}

function realPathOfDirectory(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
