import type { Database } from 'better-sqlite3'
import { MIGRATIONS } from '../../store/file/migrations.ts'
import { createReader, type StoreReader } from '../../store/reader.ts'
import { prepareStatements } from '../../store/statements.ts'
import { idStartAt, markOf } from '../copy/store-mark.ts'

/** What was ended in the present store, and lives again in the backup. */
export interface Revived {
  readonly accounts: readonly { readonly id: string; readonly name: string }[]
  readonly tokens: readonly { readonly token_id: string; readonly account: string }[]
  /** Invites that were redeemed or withdrawn. */
  readonly invites: readonly { readonly id: string; readonly device: string }[]
}

export interface ChangedSetting {
  readonly key: string
  /** JSON, in the present store and in the backup; null for the default. */
  readonly from: string | null
  readonly to: string | null
}

/** What the present store has that a backup does not have. */
export interface Differences {
  /** Records of the present store. */
  readonly records: number
  /** Those of them that the backup does not have. */
  readonly lost: number
  readonly revived: Revived
  readonly settings: readonly ChangedSetting[]
}

export const NOTHING_REVIVED: Revived = { accounts: [], tokens: [], invites: [] }

/**
 * Compares the present store with a backup that is to take its place. Throws SQLite's error, or that of a damaged row.
 *
 * @returns undefined if the present one has another schema: nothing of it can be told
 */
export function compareStores(present: Database, backup: Database): Differences | undefined {
  const [here, there] = [markOf(present), markOf(backup)]
  if (here.schema !== MIGRATIONS.length || there.schema !== MIGRATIONS.length) return undefined
  const lost = here.records - commonRecords(present, backup, Math.min(here.records, there.records))
  const now = readerOf(present, here.records)
  const then = readerOf(backup, there.records)
  return {
    records: here.records,
    lost,
    revived: revivedBy(now, then),
    settings: changedSettings(now, then),
  }
}

/** Two stores of one home are the same up to some record, and nowhere after it. */
function commonRecords(present: Database, backup: Database, most: number): number {
  let [same, other] = [0, most + 1]
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2)
    if (idStartAt(present, middle) === idStartAt(backup, middle)) same = middle
    else other = middle
  }
  return same
}

function revivedBy(now: StoreReader, then: StoreReader): Revived {
  const accounts = now.accounts().filter(({ id, revoked_at }) => {
    return revoked_at !== null && then.account(id)?.revoked_at === null
  })
  const tokens = now.tokens().filter(({ token_id, revoked_at }) => {
    return revoked_at !== null && then.token(token_id)?.revoked_at === null
  })
  const invites = now.invites().filter(({ id, revoked_at, redeemed_at }) => {
    if (revoked_at === null && redeemed_at === null) return false
    const before = then.invite(id)
    return before?.revoked_at === null && before.redeemed_at === null
  })
  return {
    accounts: accounts.map(({ id, name }) => ({ id, name })),
    tokens: tokens.map(({ token_id, account }) => ({ token_id, account })),
    invites: invites.map(({ id, device }) => ({ id, device })),
  }
}

function changedSettings(now: StoreReader, then: StoreReader): readonly ChangedSetting[] {
  const [here, there] = [valuesOf(now), valuesOf(then)]
  const keys = [...new Set([...here.keys(), ...there.keys()])].toSorted()
  return keys
    .map((key) => ({ key, from: here.get(key) ?? null, to: there.get(key) ?? null }))
    .filter((one) => one.from !== one.to)
}

function valuesOf(reader: StoreReader): ReadonlyMap<string, string> {
  return new Map(reader.settings().map(({ key, value }) => [key, value]))
}

function readerOf(database: Database, head: number): StoreReader {
  return createReader({
    statements: prepareStatements(database),
    head: () => head,
    refusal: (error) => error,
    damaged: (what) => new Error(what),
  })
}
