import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Revived } from '../../backup/restore/compare-stores.ts'

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

/** What was ended in any of several stores, each once. */
export function endedInAny(all: readonly Revived[]): Revived {
  return {
    accounts: each(
      all.flatMap(({ accounts }) => accounts),
      'id',
    ),
    tokens: each(
      all.flatMap(({ tokens }) => tokens),
      'token_id',
    ),
    invites: each(
      all.flatMap(({ invites }) => invites),
      'id',
    ),
  }
}

function each<One, Key extends keyof One>(all: readonly One[], key: Key): readonly One[] {
  return [...new Map(all.map((one) => [one[key], one])).values()]
}
