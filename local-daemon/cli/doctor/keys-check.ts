import { statSync } from 'node:fs'
import { readKeysNote } from '../../backup/keys/keys-note.ts'
import type { Home } from '../../home/home.ts'
import type { Check } from './check.ts'
import { pass, skip, warning } from './outcomes.ts'

/** A new home has no copy of its keys yet, and no reason to be called broken: milliseconds. */
const NEW_MS = 7 * 24 * 3600 * 1000
const NAME = 'keys-backup'
const HOW = 'spl identity backup -o keys.age, and keep the file away from this machine'

/** Whether the keys, which no backup of the store holds, were ever backed up. */
export function keysCheck(home: Home, did: string | undefined, now: number): Check {
  const key = statSync(home.instanceKey, { throwIfNoEntry: false })
  if (key === undefined) return skip(NAME, 'there is no identity yet')
  const note = readKeysNote(home)
  if (note !== undefined && (did === undefined || note.did === did)) {
    return pass(NAME, `the keys were backed up on ${note.at}`)
  }
  const why =
    note === undefined
      ? 'the keys were never backed up: without them no backup of the store is of use'
      : 'the identity has changed since its keys were backed up'
  if (note === undefined && now - key.mtimeMs < NEW_MS)
    return skip(NAME, `not backed up yet: ${HOW}`)
  return warning(NAME, why, HOW)
}
