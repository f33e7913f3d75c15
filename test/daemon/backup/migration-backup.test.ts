import { renameSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { MIGRATIONS } from '../../../local-daemon/store/file/migrations.ts'
import type { StoredRecord } from '../../../local-daemon/store/stored-record.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'

const OLD_SCHEMA = 5

/** The same records in a file of an older schema. */
function writeOldStore(path: string, records: readonly StoredRecord[]): void {
  const database = new BetterSqlite(path)
  database.pragma('application_id = 1397771313')
  for (const step of MIGRATIONS.slice(0, OLD_SCHEMA)) database.exec(step)
  database.pragma(`user_version = ${OLD_SCHEMA}`)
  database.exec("INSERT INTO store (id, epoch, created_at) VALUES (1, '0123456789abcdef', 1)")
  const insert = database.prepare('INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?)')
  const thread = database.prepare(
    `INSERT INTO threads VALUES (?, ?, 1, ?, 1, 1, 'DO', null)
     ON CONFLICT (thread) DO UPDATE SET records = records + 1, last_seq = excluded.last_seq`,
  )
  for (const { seq, id, raw, judgedBy, origin, sig } of records) {
    const {
      thread: name,
      actor,
      act,
      clock,
      data_type,
    } = JSON.parse(raw) as Record<string, unknown>
    insert.run(
      seq,
      Buffer.from(id, 'hex'),
      name,
      actor,
      act,
      clock,
      data_type,
      raw,
      judgedBy,
      origin,
      sig,
      1,
    )
    thread.run(seq, name, seq)
  }
  database.close()
}

test('a store that gets a newer schema is backed up first, and that backup can be restored', async () => {
  await using home = aKeptHome()
  await home.start()
  const ids = await home.append(5)
  const { store } = home.daemon()
  const { records } = store.page({}, 0, store.head(), 1_000)
  await home.stop()
  writeOldStore(join(home.aside, 'old.db'), records)
  home.removeStore()
  renameSync(join(home.aside, 'old.db'), home.database)
  const spl = async (...args: readonly string[]) =>
    JSON.parse((await runHere([...args, '--json'], { home: home.path })).stdout) as {
      data: { reason: string; schema: number; records: number; fault: null }[]
    }
  // The tables of accounts are empty in it: no daemon would start from it alone.
  await home.start().catch(() => {})
  const { data } = await spl('backup', 'list')
  expect(data).toEqual([
    expect.objectContaining({
      reason: 'migration',
      schema: OLD_SCHEMA,
      records: records.length,
      fault: null,
    }),
  ])
  await home.stop()
  expect(await spl('restore', '--yes')).toMatchObject({ object: 'restore' })
  const restored = new BetterSqlite(home.database, { readonly: true })
  const found = restored.prepare('SELECT lower(hex(id_start)) FROM records').pluck().all()
  restored.close()
  expect(found).toEqual(expect.arrayContaining(ids.map((id) => id.slice(0, 16))))
})
