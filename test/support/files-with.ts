import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files under a directory whose bytes contain a text, by their paths. */
export function filesWith(directory: string, text: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => bytesOf(path).includes(text))
}

/** Nothing for a file that has gone since it was listed: SQLite makes and removes some. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
