import type { Database } from 'better-sqlite3'
import type { Ended } from '../../store/ended/ended.ts'
import { endedIn, hasColumn } from '../../store/ended/ended-in.ts'
import { refuseNewer } from '../../store/file/migrations.ts'
import {
  INITIAL_SETTINGS,
  isSettingKey,
  type SettingKey,
} from '../../settings/setting-definitions.ts'
import { idStartAt, markOf } from '../copy/store-mark.ts'

/** What was ended before, and lives again in the backup. */
export interface Revived {
  readonly accounts: readonly { readonly id: string; readonly name: string }[]
  readonly tokens: readonly { readonly token_id: string; readonly account: string }[]
  /** Invites that were redeemed or withdrawn. */
  readonly invites: readonly { readonly id: string; readonly device: string }[]
}

export interface ChangedSetting {
  readonly key: string
  /** JSON, in the present store and in the backup; null for the default, whether it was set or not. */
  readonly from: string | null
  readonly to: string | null
}

/** What the present store has that a backup does not have. */
export interface Differences {
  /** Records of the present store. */
  readonly records: number
  /** Those of them that the backup does not have. */
  readonly lost: number
  /** What has ended by the present store. */
  readonly ended: Ended
  readonly settings: readonly ChangedSetting[]
}

/**
 * Compares the present store with a backup that is to take its place, each of any schema that this spl knows: it reads only what every
 * schema has had. Throws SQLite's error.
 *
 * @throws StoreOpenError STORE_TOO_NEW
 */
export function compareStores(present: Database, backup: Database): Differences {
  const [here, there] = [markOf(present), markOf(backup)]
  refuseNewer(here.schema, 'The present store')
  const common = commonRecords(present, backup, Math.min(here.records, there.records))
  return {
    records: here.records,
    lost: here.records - common,
    ended: endedIn(present),
    settings: changedSettings(present, backup),
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

/** What has ended, and is alive in a backup of any schema. Throws SQLite's error. */
export function revivedIn(backup: Database, ended: Ended): Revived {
  const all = <Row>(sql: string) => backup.prepare<[], Row>(sql).all()
  const hasEnds = hasColumn(backup, 'service_accounts', 'revoked_at')
  const accounts = all<Revived['accounts'][number]>(
    `SELECT id, name FROM service_accounts ${hasEnds ? 'WHERE revoked_at IS NULL' : ''}`,
  )
  const tokens = all<Revived['tokens'][number]>(
    'SELECT token_id, account FROM tokens WHERE revoked_at IS NULL',
  )
  const invites = hasColumn(backup, 'invites', 'id')
    ? all<Revived['invites'][number]>(
        'SELECT id, device FROM invites WHERE revoked_at IS NULL AND redeemed_at IS NULL',
      )
    : []
  return {
    accounts: accounts.filter(({ id }) => ended.accounts.has(id)),
    tokens: tokens.filter(({ token_id: id }) => ended.tokens.has(id)),
    invites: invites.filter(({ id }) => ended.invites.has(id)),
  }
}

function changedSettings(now: Database, then: Database): readonly ChangedSetting[] {
  const [here, there] = [valuesOf(now), valuesOf(then)]
  const keys = [...new Set([...here.keys(), ...there.keys()])].toSorted()
  return keys
    .map((key) => ({ key, from: here.get(key) ?? null, to: there.get(key) ?? null }))
    .filter((one) => one.from !== one.to)
}

function valuesOf(database: Database): ReadonlyMap<string, string> {
  if (!hasColumn(database, 'settings', 'key')) return new Map()
  const sql = 'SELECT key, value FROM settings'
  const rows = database.prepare<[], { key: string; value: string }>(sql).all()
  const set = rows.filter(({ key, value }) => !isSettingKey(key) || value !== defaultOf(key))
  return new Map(set.map(({ key, value }) => [key, value]))
}

/** As it is written in the table. */
function defaultOf(key: SettingKey): string {
  return JSON.stringify(INITIAL_SETTINGS[key])
}
