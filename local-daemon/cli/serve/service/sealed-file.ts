import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSamePlace } from '../../../home/same-place.ts'
import { CliError } from '../../cli-error.ts'
import { shellPath } from '../../../problem/shell-word.ts'

/** How a kind of file writes a comment on a line of its own. */
export type Comment = (text: string) => string

/** What is found where a file of ours belongs. */
export type Found =
  | { readonly kind: 'absent' }
  /** Not written by `spl`, or changed since. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'ours'; readonly home: string; readonly text: string }

/** The text with a last line that says for which home it is, and shows whether somebody has changed it since. */
export function sealed(text: string, home: string, comment: Comment): string {
  // No hyphens: two of them would end a comment of XML.
  const name = encodeURIComponent(home).replaceAll('-', '%2D')
  return `${text}${comment(`spl home=${name} checksum=${checksum(text + name)}`)}\n`
}

const SEAL = /^.*\bspl home=(\S+) checksum=([0-9a-f]{64})\b.*\n$/u

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function findSealed(path: string): Found {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' }
    throw error
  }
  const start = text.lastIndexOf('\n', text.length - 2) + 1
  const [, name = '', sum] = SEAL.exec(text.slice(start)) ?? []
  if (sum !== checksum(text.slice(0, start) + name)) return { kind: 'changed' }
  return { kind: 'ours', home: decodeURIComponent(name), text }
}

/**
 * Writes the file in place of none or of one of ours for the same home.
 *
 * @returns whether anything had to be written
 * @throws CliError SERVICE_CHANGED, SERVICE_OF_ANOTHER_HOME
 */
export function writeSealed(path: string, text: string, home: string): boolean {
  const found = findSealed(path)
  guardOurs(found, path, home)
  if (found.kind === 'ours' && found.text === text) return false
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o644 })
  renameSync(`${path}.${process.pid}`, path)
  return true
}

/**
 * Removes the file, if it is ours and for this home.
 *
 * @returns whether one was there
 * @throws CliError SERVICE_CHANGED, SERVICE_OF_ANOTHER_HOME
 */
export function removeSealed(path: string, home: string): boolean {
  const found = findSealed(path)
  guardOurs(found, path, home)
  rmSync(path, { force: true })
  return found.kind !== 'absent'
}

/** @throws CliError SERVICE_CHANGED, SERVICE_OF_ANOTHER_HOME */
function guardOurs(found: Found, path: string, home: string): void {
  if (found.kind === 'changed') {
    throw new CliError(
      'SERVICE_CHANGED',
      `${path} was not written by spl, or has changed since`,
      `move it away to keep your changes: mv ${shellPath(path)} ${shellPath(`${path}.mine`)}, then the same command again`,
    )
  }
  if (found.kind === 'ours' && !isSamePlace(found.home, home)) {
    throw new CliError(
      'SERVICE_OF_ANOTHER_HOME',
      `${path} starts the daemon of another home: ${found.home}`,
      `remove that one first: spl serve --uninstall-service --home ${shellPath(found.home)}`,
    )
  }
}
