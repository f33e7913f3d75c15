import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { verifyStore } from '../../../../local-daemon/cli/verify/verify-store.ts'
import { migrationMs } from '../../../../local-daemon/store/file/migration-time.ts'
import { MIGRATIONS } from '../../../../local-daemon/store/file/migrations.ts'
import { openStore, type Store } from '../../../../local-daemon/store/open-store.ts'
import { aDraft, aHome } from '../../../support/daemon/a-daemon.ts'
import { anOrigin } from '../../../support/daemon/a-store.ts'
import { earlierStores, writeEarlierStore } from './earlier-stores.ts'

function schemaOf(path: string): unknown {
  const database = new Database(path, { readonly: true })
  try {
    return database.pragma('user_version', { simple: true })
  } finally {
    database.close()
  }
}

function idsOf(store: Store): string {
  const { records } = store.page({}, 0, store.head(), 500)
  return createHash('sha256')
    .update(records.map(({ id }) => id).join('\n'))
    .digest('hex')
}

describe('a store of an earlier schema', () => {
  it.each(earlierStores(MIGRATIONS.length - 1))(
    '$schema is opened, read, verified and appended to',
    async ({ schema, did, epoch, records, ids }) => {
      using home = aHome()
      const path = join(home.path, 'hub.db')
      writeEarlierStore(schema, path)
      expect(schemaOf(path)).toBe(schema)
      expect(migrationMs(path)).toBeGreaterThan(0)
      await expect(verifyStore({ path, did, lineage: [] })).rejects.toMatchObject({
        code: 'STORE_UNREADABLE',
        message: expect.stringContaining(`schema ${schema}`),
      })
      const origin = anOrigin()
      const store = openStore({ path, origin })
      expect([store.epoch, store.head(), idsOf(store)]).toEqual([epoch, records, ids])

      const { records: tea } = store.page({ thread: 'th_tea' }, 0, store.head(), 10)
      expect(tea.map(({ actor, judgedBy }) => [actor, judgedBy])).toEqual([
        ['did:sync:user:ada', null],
        ['did:sync:agent:kettle', null],
        ['did:sync:user:ada', tea[0]?.id],
      ])
      expect(tea.every((one) => one.origin === did)).toBe(true)
      expect(store.record(tea[2]?.id ?? '')).toEqual(tea[2])
      expect(store.thread('th_tea')).toMatchObject({ records: 3, goal: 'make tea 🍵' })
      // An actor whose name JSON has to escape.
      const actor = 'did:web:quote.example:"a\\b"'
      const quoted = store.page({ actor, thread: 'th_other' }, 0, store.head(), 10).records
      expect(quoted.map((one) => [one.thread, one.actor])).toEqual([['th_other', actor]])
      expect(store.tokens()).toHaveLength(1)
      store.close()

      const checked = await verifyStore({ path, did, lineage: [] })
      expect(checked).toMatchObject({ records, complete: true, count: 0, findings: [] })

      const again = openStore({ path, origin })
      const next = await again.append(aDraft({ thread: 'th_tea', actor: 'did:sync:user:ada' }))
      expect(JSON.parse(next.record.raw)).toMatchObject({ clock: 8 })
      await expect(
        again.append(aDraft({ thread: 'th_tea', actor: 'did:sync:user:ada', clock: 7 })),
      ).rejects.toMatchObject({ code: 'CLOCK_CONFLICT' })
      expect(again.thread('th_tea')).toMatchObject({ records: 4, last_seq: records + 1 })
      again.close()
      expect(schemaOf(path)).toBe(MIGRATIONS.length)
      expect([migrationMs(path), migrationMs(`${path}.none`)]).toEqual([0, 0])
    },
  )
})
