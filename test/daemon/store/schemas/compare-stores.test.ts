import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { compareStores, revivedIn } from '../../../../local-daemon/backup/restore/compare-stores.ts'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'
import { openStore } from '../../../../local-daemon/store/open-store.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'
import { earlierStores, writeEarlierStore } from './earlier-stores.ts'

const NEWEST = MIGRATIONS.length
const ID = 'ab'.repeat(32)

/** A store of a schema: as it was, or after some things have ended in it. */
function aStoreOf(directory: string, schema: number, hasEnded: boolean) {
  const path = join(directory, `${schema}-${hasEnded}.db`)
  writeEarlierStore(schema, path)
  const database = new BetterSqlite(path)
  if (schema >= 2) {
    const sql = `INSERT INTO invites VALUES ('${ID}', 'tablet', '[]', '[]', 'default', 'prod', 0, 9, NULL, NULL, NULL, 3`
    database.exec(`${sql}${schema >= 7 ? ', NULL' : ''})`)
    database.exec(`INSERT INTO settings VALUES ('token_burst', '${hasEnded ? 7 : 5}', '${ID}', 4)`)
  }
  if (!hasEnded) return database
  database.exec('UPDATE tokens SET revoked_at = 5')
  if (schema >= 2) {
    database.exec(`UPDATE invites SET redeemed_at = 5;
      UPDATE service_accounts SET revoked_at = 5`)
  }
  if (schema >= 10) {
    const hashes = [ID, ID, ID, ID].map((hex) => `x'${hex}'`).join(', ')
    database.exec(`INSERT INTO redactions VALUES (3, ${hashes}, 5, NULL)`)
  }
  return database
}

describe('a present store of an earlier schema', () => {
  test.each(earlierStores(NEWEST))(
    '$schema is compared with a backup of its time, and with one of now',
    async ({ schema, records, did }) => {
      using home = aHome()
      using present = closing(aStoreOf(home.path, schema, true))
      using backup = closing(aStoreOf(home.path, schema, false))
      const { ended, settings, ...counts } = compareStores(present.database, backup.database)
      expect(counts).toEqual({ records, lost: 0 })
      expect([ended.tokens.size, ended.accounts.size, ended.invites.size]).toEqual(
        schema >= 2 ? [1, 1, 1] : [1, 0, 0],
      )
      expect([...ended.records]).toEqual(schema >= 10 ? [ID] : [])
      expect(settings).toEqual(schema >= 2 ? [{ key: 'token_burst', from: '7', to: '5' }] : [])
      const revived = revivedIn(backup.database, ended)
      expect([revived.tokens.length, revived.accounts.length, revived.invites]).toEqual([
        1,
        schema >= 2 ? 1 : 0,
        schema >= 2 ? [{ id: ID, device: 'tablet' }] : [],
      ])
      // One that has all its steps behind it, and a record more than the present store.
      const path = join(home.path, 'now.db')
      writeEarlierStore(schema, path)
      const store = openStore({ path, origin: anOrigin() })
      await store.append({
        parents: [],
        thread: 'th_more',
        actor: did,
        act: 'KNOW',
        body: {},
        data_type: 'SCALAR',
        judged_by: null,
      })
      store.close()
      using now = closing(new BetterSqlite(path, { readonly: true }))
      expect(compareStores(present.database, now.database)).toMatchObject({ records, lost: 0 })
      expect(compareStores(now.database, present.database)).toMatchObject({
        records: records + 1,
        lost: 1,
      })
      expect(revivedIn(now.database, ended).tokens).toHaveLength(1)
    },
  )
})

function closing(database: BetterSqlite.Database) {
  return {
    database,
    [Symbol.dispose]() {
      database.close()
    },
  }
}
