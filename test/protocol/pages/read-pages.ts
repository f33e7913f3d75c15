import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROTOCOL = fileURLToPath(new URL('../../../protocol', import.meta.url))

/** A page of protocol/, by its path there. */
export function readPage(path: string): string {
  return readFileSync(join(PROTOCOL, path), 'utf8')
}

/** Every page of protocol/, one after the other. */
export function readPages(): string {
  return globSync('**/*.md', { cwd: PROTOCOL }).toSorted().map(readPage).join('\n')
}

/** The part of a page below a heading of the given level, up to the next heading of that level or above. */
export function section(text: string, heading: string, level = 2): string {
  const below = text.split(`\n${'#'.repeat(level)} ${heading}\n`)[1] ?? ''
  return below.split(new RegExp(`\n#{1,${level}} `, 'u'))[0] ?? ''
}
