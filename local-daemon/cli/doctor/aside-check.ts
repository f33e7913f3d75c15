import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bytesText } from '../../problem/bytes-text.ts'
import { countText } from '../../problem/count-text.ts'
import { shellPath } from '../../problem/shell-word.ts'
import { storesAside } from '../restore/stores-aside.ts'
import { ageText } from './backup-check.ts'
import type { Check } from './check.ts'
import { pass, skip, warning } from './outcomes.ts'
import { storeOf, type Survey } from './survey.ts'

const NAME = 'replaced-stores'
/** Seconds for which a replaced store is kept without a word: time to see that the new one is the right one. */
const KEPT = 7 * 24 * 3600

/** Stores that restores have put aside: as large as a store, with everything in them, redacted bodies too. @param now Unix time, seconds */
export function asideCheck(seen: Survey, now: number): Check {
  if (seen.running?.store === null) return skip(NAME, 'the store is kept in memory')
  const directories = found(storeOf(seen)).map((file) => dirname(file))
  const [oldest] = directories.toSorted()
  if (oldest === undefined) return pass(NAME, 'no restore has left an older store')
  const bytes = directories.reduce((sum, directory) => sum + bytesIn(directory), 0)
  const stores = countText(directories.length, 'older store')
  const message = `restores have kept ${stores}, ${bytesText(bytes)}, with all that was in them`
  const details = { directories, bytes }
  const age = now - statSync(oldest).mtimeMs / 1000
  if (age < KEPT) return pass(NAME, message, details)
  const shellPaths = directories.map(shellPath).join(' ')
  const fix = `if the store of now is the right one: rm -r ${shellPaths}`
  return warning(NAME, `${message}; the oldest for ${ageText(age)}`, fix, details)
}

function found(store: string): readonly string[] {
  try {
    return storesAside(store)
  } catch {
    return []
  }
}

function bytesIn(directory: string): number {
  const files = readdirSync(directory).map((name) => join(directory, name))
  return files.reduce((sum, file) => sum + statSync(file).size, 0)
}
