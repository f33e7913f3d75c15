import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openConnection } from '../../../local-daemon/store/file/open-connection.ts'
import { prepareStatements } from '../../../local-daemon/store/statements.ts'
import { aDaemon, aDraft } from '../../support/daemon/a-daemon.ts'
import { aStore } from '../../support/daemon/a-store.ts'

const database = openConnection(null)
const statements = Object.entries(prepareStatements(database))

/** Tables with a row or two, and those that are emptied whole. */
const WHOLE = new Set([
  'epoch',
  'settings',
  'clearTokens',
  'clearAccounts',
  'clearInvites',
  'clearSettings',
])

describe('every query of the store', () => {
  it.each(statements.filter(([name]) => !WHOLE.has(name)))(
    '%s finds its rows by an index, in their order',
    (_name, statement) => {
      const blanks = Array.from({ length: statement.source.split('?').length - 1 }, () => null)
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${statement.source}`).all(...blanks) as {
        detail: string
      }[]
      for (const { detail } of plan) {
        // Walked through may be an index of the live tokens alone, one of the redactions that are not done, and a list that was given.
        expect(detail).not.toMatch(
          /^SCAN (?!CONSTANT ROW|t USING INDEX tokens_live|redactions USING INDEX redactions_unerased|asked VIRTUAL TABLE)/,
        )
        expect(detail).not.toMatch(/TEMP B-TREE/)
      }
    },
  )

  it('is looked at, and no other is left out for nothing', () => {
    expect(statements.length).toBeGreaterThan(40)
    const names = new Set(statements.map(([name]) => name))
    expect([...WHOLE].filter((name) => !names.has(name))).toEqual([])
  })
})

it('a query for a thread and an actor without common records delays no other', () => {
  using at = aStore()
  const other = new Database(at.path)
  other.exec(`
    INSERT INTO threads (first_seq, thread, records, last_seq, first_received_at, last_received_at, first_act, goal)
      VALUES (1, 'th_one', 50000, 99999, 1, 1, 'DO', NULL), (2, 'th_two', 50000, 100000, 1, 1, 'DO', NULL);
    INSERT INTO names VALUES (1, 'did:sync:user:bob'), (2, 'did:sync:user:ada');
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
    INSERT INTO records (seq, id_start, thread, actor, act, clock, data_type, raw, origin, sig, received_at)
    SELECT n, randomblob(8), iif(n % 2, 1, 2), iif(n % 2, 1, 2), 1, n, 0, '{}', 1, zeroblob(64), 1
    FROM numbers`)
  other.close()
  const store = at.reopen()
  const filter = { thread: 'th_one', actor: 'did:sync:user:ada' }
  const start = performance.now()
  for (let n = 0; n < 20; n += 1) {
    expect(store.page(filter, 0, store.head(), 100)).toEqual({ records: [], cut: false })
  }
  expect(store.head()).toBe(100_000)
  // Walking through one side of them takes some 40 ms.
  expect((performance.now() - start) / 20).toBeLessThan(2)
})

describe('the goal of a thread', () => {
  it('is cut where a reader sees a character end', async () => {
    await using at = await aDaemon()
    const goal = `x${'🍵'.repeat(150)}`
    await at.daemon.store.append(aDraft({ act: 'INTEND', body: { goal } }))
    const { data } = (await (await at.get('/v1/threads')).json()) as { data: { goal: string }[] }
    const shown = data.find((thread) => thread.goal?.startsWith('x'))?.goal
    expect(shown).toBe(`x${'🍵'.repeat(99)}`)
  })
})
