import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openIndex, openIndexForReading } from '../../../../local-daemon/store/search/index-file.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

const EPOCH = 'e'.repeat(16)
const nameOf = 'SELECT name FROM sqlite_schema ORDER BY name'

function namesIn(database: Database): unknown[] {
  try {
    return database.prepare(nameOf).pluck().all()
  } finally {
    database.close()
  }
}

describe('the index of words', () => {
  it.each([
    ['a trigger', 'CREATE TRIGGER evil AFTER UPDATE ON state BEGIN DELETE FROM state; END'],
    ['a view', 'CREATE VIEW evil AS SELECT 1'],
    ['a table', 'CREATE TABLE evil (a)'],
    ['another definition', 'ALTER TABLE state ADD COLUMN evil TEXT'],
  ])('that another program has given %s is not read, and is made anew', (_what, sql) => {
    using home = aHome()
    const path = join(home.path, 'hub.search.db')
    const names = namesIn(openIndex(path, EPOCH, 0))
    expect(openIndexForReading(path, EPOCH)?.close()).toBeDefined()
    const kept = openIndex(path, EPOCH, 0)
    kept.prepare('UPDATE state SET indexed_seq = 7').run()
    kept.exec(sql)
    kept.close()
    expect(openIndexForReading(path, EPOCH)).toBeUndefined()
    const again = openIndex(path, EPOCH, 0)
    expect(again.prepare('SELECT * FROM state').get()).toMatchObject({ indexed_seq: 0 })
    expect(namesIn(again)).toEqual(names)
  })

  it('that is as it was made is kept', () => {
    using home = aHome()
    const path = join(home.path, 'hub.search.db')
    const index = openIndex(path, EPOCH, 0)
    index.prepare('UPDATE state SET indexed_seq = 7').run()
    index.close()
    const again = openIndex(path, EPOCH, 0)
    expect(again.prepare('SELECT indexed_seq FROM state').pluck().get()).toBe(7)
    again.close()
  })
})
