import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openToRead } from '../../../../local-daemon/backup/copy/open-to-read.ts'
import { verifyStore } from '../../../../local-daemon/cli/verify/verify-store.ts'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'
import { openForReading } from '../../../../local-daemon/store/file/open-for-reading.ts'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aDraft, aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin, aStore } from '../../../support/daemon/a-store.ts'
import { earlierStores, writeEarlierStore } from './earlier-stores.ts'

const TRIGGER = `CREATE TRIGGER evil AFTER INSERT ON records
  BEGIN UPDATE tokens SET scopes = '["admin"]', revoked_at = NULL; END`

/** Makes a row of `sqlite_schema` another one, as only a program that means it can. */
const schemaRow = (set: string, where: string) => `UPDATE sqlite_schema SET ${set} WHERE ${where}`

const PLANTED: readonly (readonly [what: string, sql: string, named: string])[] = [
  ['a trigger', TRIGGER, 'trigger evil is not of spl'],
  ['a view', 'CREATE VIEW more AS SELECT * FROM tokens', 'view more is not of spl'],
  ['a table', 'CREATE TABLE more (a)', 'table more is not of spl'],
  ['an index', 'CREATE INDEX more ON records (sig)', 'index more is not of spl'],
  ['a virtual table', 'CREATE VIRTUAL TABLE more USING fts5(a)', 'table more is not of spl'],
  [
    'a name to deceive a terminal',
    'CREATE VIEW "\u001b[2Jx" AS SELECT 1',
    String.raw`view "\u001b[2Jx" is not of spl`,
  ],
  [
    'a table with a name of SQLite',
    `ANALYZE; ${schemaRow(`sql = 'CREATE TABLE sqlite_stat1(tbl,idx,stat,more)'`, `name = 'sqlite_stat1'`)}`,
    'table sqlite_stat1 is not of spl',
  ],
  ['no index', 'DROP INDEX records_by_time', 'index records_by_time is missing'],
  [
    'an index of other columns',
    'DROP INDEX records_by_time; CREATE INDEX records_by_time ON records (received_at, sig)',
    'index records_by_time is not as spl made it',
  ],
  [
    'a generated column',
    'ALTER TABLE tokens ADD COLUMN more TEXT AS (token_id)',
    'table tokens is not as spl made it',
  ],
  [
    'a default',
    `ALTER TABLE tokens ADD COLUMN more TEXT DEFAULT 'x'`,
    'table tokens is not as spl made it',
  ],
  [
    'no check',
    schemaRow(`sql = replace(sql, 'CHECK (length(sig) = 64)', '')`, `name = 'records'`),
    'table records is not as spl made it',
  ],
  [
    'a table behind the name of another',
    'ALTER TABLE tokens RENAME TO kept; CREATE VIEW tokens AS SELECT * FROM kept',
    'is not',
  ],
]

function planted(path: string, sql: string): Buffer {
  const database = new Database(path)
  database.unsafeMode(true)
  database.pragma('writable_schema = ON')
  database.exec(sql)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  return readFileSync(path)
}

const refusal = (named: string) =>
  expect.objectContaining({
    code: 'STORE_FOREIGN_SCHEMA',
    message: expect.stringContaining(named),
    try: expect.stringContaining('spl restore'),
  })

describe('a store into which another program has put', () => {
  it.each(PLANTED)(
    '%s is refused however it is opened, and is left alone',
    async (_, sql, named) => {
      using at = aStore()
      const { path, origin } = at
      await at.store.append(aDraft())
      const { epoch } = at.store
      at.store.close()
      const before = planted(path, sql)
      expect(() => openStore({ path, origin })).toThrow(refusal(named))
      expect(() => openToRead(path)).toThrow(refusal(named))
      expect(() => openForReading(path, epoch)).toThrow('not the store that is open')
      await expect(verifyStore({ path, did: origin.did, lineage: [] })).rejects.toEqual(
        refusal(named),
      )
      expect(readFileSync(path).equals(before)).toBe(true)
    },
  )

  it.each(earlierStores(MIGRATIONS.length))(
    'a trigger, of schema $schema, is refused before any step',
    async ({ schema, did }) => {
      using home = aHome()
      const path = join(home.path, 'hub.db')
      writeEarlierStore(schema, path)
      const before = planted(path, TRIGGER)
      expect(() => openStore({ path, origin: anOrigin() })).toThrow(refusal('trigger evil'))
      expect(() => openToRead(path)).toThrow(refusal('trigger evil'))
      await expect(verifyStore({ path, did, lineage: [] })).rejects.toEqual(refusal('trigger evil'))
      expect(readFileSync(path).equals(before)).toBe(true)
    },
  )

  it('a trigger, and the mark of no schema at all, is refused', () => {
    using at = aStore()
    at.store.close()
    planted(at.path, `${TRIGGER}; PRAGMA user_version = 0`)
    expect(() => openStore({ path: at.path, origin: at.origin })).toThrow(refusal('is not of spl'))
  })

  it('statistics for the planner of SQLite is opened', async () => {
    using at = aStore()
    await at.store.append(aDraft())
    at.store.close()
    planted(at.path, 'ANALYZE')
    const again = openStore({ path: at.path, origin: at.origin })
    expect(again.head()).toBe(1)
    again.close()
    openToRead(at.path).close()
  })

  it('a view for its own use is opened again once that is dropped as the refusal says', () => {
    using at = aStore()
    at.store.close()
    planted(at.path, 'CREATE VIEW mine AS SELECT 1')
    let next = ''
    try {
      openStore({ path: at.path, origin: at.origin })
    } catch (error) {
      next = (error as { try: string }).try
    }
    const [, path, sql] = /sqlite3 (\S+) "([^"]+)"$/u.exec(next) ?? []
    expect(path).toBe(at.path)
    planted(at.path, sql ?? '')
    openStore({ path: at.path, origin: at.origin }).close()
  })
})
