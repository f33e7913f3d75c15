import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files under a directory whose bytes contain a text, by their paths. */
export function filesWith(directory: string, text: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(text))
}
