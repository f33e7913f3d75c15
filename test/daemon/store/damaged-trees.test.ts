import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import { projectPolicy } from '../../../local-daemon/edge/project-policy.ts'
import { Census } from '../../../local-daemon/store/trouble/census.ts'
import { aKeptHome } from '../../support/daemon/a-kept-home.ts'
import { aDraft, overSocket } from '../../support/daemon/a-daemon.ts'
import { healthOf, POST } from './store-answers.ts'
import { type KeptHome, PAGE, list, namesOf, someRecords, streamed } from './damaged-store.ts'

/** Takes two entries from a leaf of a tree, by the one byte that counts them: SQLite reads on without an error. */
function loseEntries(at: KeptHome, tree: string): void {
  const database = new Database(at.database, { readonly: true })
  const pages = database
    .prepare<[string], number>(
      `SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' AND ncell > 4 ORDER BY pageno`,
    )
    .pluck()
    .all(tree)
  database.close()
  const page = pages[Math.floor(pages.length / 2)] ?? 0
  const file = readFileSync(at.database)
  const place = (page - 1) * PAGE + 4
  file[place] = (file[place] ?? 0) - 2
  writeFileSync(at.database, file)
}

describe('a tree of the file that has lost entries without an error of SQLite', () => {
  it('is noticed by a reader of the log: it gets what comes before, and nothing is skipped', async () => {
    await using at = aKeptHome()
    const { cursor } = await someRecords(at)
    loseEntries(at, 'records')
    await at.start()
    const first = await list(at, `/v1/sync/changes?since=${cursor}`)
    const count = first.records?.length ?? 0
    expect([first.has_more, count > 0, count < 150]).toEqual([true, true, true])
    const again = await list(at, `/v1/sync/changes?since=${first.next_cursor}`)
    expect(again).toMatchObject({ code: 'STORE_DAMAGED', try: expect.stringContaining('since=') })
    const seen = await streamed(at, `/v1/sync/subscribe?since=${cursor}`)
    expect(namesOf(seen).at(-1)).toBe('error')
    expect(namesOf(seen).filter((name) => name === 'record')).toHaveLength(count)
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
  })

  it.each([
    ['records_by_thread', '/v1/records?thread=th_test'],
    ['records_by_thread', '/v1/sync/changes?thread=th_test'],
    ['records_by_actor', '/v1/records?actor=did:sync:user:ada'],
    ['records_by_both', '/v1/records?thread=th_test&actor=did:sync:user:ada'],
  ])('is noticed at the start, if it is the index %s of %s', async (index, path) => {
    await using at = aKeptHome()
    const { ids } = await someRecords(at)
    loseEntries(at, index)
    await at.start()
    expect(await at.told(path)).toBe('500 STORE_DAMAGED')
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
    const { text } = await overSocket(at.daemon().addresses.socket, '/health')
    expect(JSON.parse(text)).toMatchObject({
      status: 'failing',
      store: { problem: { code: 'STORE_DAMAGED', message: expect.stringContaining(index) } },
    })
    // The log itself is whole.
    expect((await list(at, '/v1/sync/changes')).records).toHaveLength(160)
    expect(await at.told(`/v1/records/${ids[100]}`)).toBe('200')
  })
})

describe('a table that has lost rows without an error of SQLite', () => {
  /** Takes all entries from the root of a tree, by the byte that counts them. */
  function emptyTree(at: KeptHome, tree: string): void {
    const database = new Database(at.database, { readonly: true })
    const sql = 'SELECT rootpage FROM sqlite_schema WHERE name = ?'
    const page = database.prepare<[string], number>(sql).pluck().get(tree) ?? 0
    database.close()
    const file = readFileSync(at.database)
    file.writeUInt16BE(0, (page - 1) * PAGE + 3)
    writeFileSync(at.database, file)
  }

  it.each([
    'tokens',
    'sqlite_autoindex_tokens_1',
    'service_accounts',
    'sqlite_autoindex_service_accounts_1',
    'tokens_by_account',
    'threads',
    'token_uses',
  ])('is damage, and no bearer is called forged for it: %s', async (tree) => {
    await using at = aKeptHome()
    await at.start()
    await at.append(3)
    expect(await at.told('/v1/threads')).toBe('200')
    await at.stop()
    emptyTree(at, tree)
    const started = await at.start().then(
      () => 'started',
      ({ code }: { code: string }) => code,
    )
    if (started !== 'started') return expect(started).toBe('STORE_DAMAGED')
    const told = await at.told('/v1/threads')
    expect(told).toMatch(/^(?:200|500 STORE_DAMAGED)$/)
    const health = await healthOf(at)
    expect(health).toMatchObject({
      status: 'failing',
      store: { writable: false, problem: { code: 'STORE_DAMAGED' } },
    })
    expect(await at.told('/v1/records', POST)).toBe('500 STORE_DAMAGED')
    // What is forged is still called so.
    const forged = at.bearer().replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))
    expect(await at.told('/v1/threads', { headers: { authorization: `Bearer ${forged}` } })).toBe(
      '401 AUTH_INVALID',
    )
    return undefined
  })

  it('lets no setting fall back to what it was without one: the start is refused', async () => {
    await using at = aKeptHome()
    await at.start()
    const setting = { thread: 'th_engine_config', act: 'LEARN' } as const
    const body = { topic: 'auth_required', enabled: true }
    await at.daemon().store.append(aDraft({ ...setting, actor: at.daemon().identity.did, body }))
    expect(at.daemon().access.settings.values.auth_required).toBe(true)
    await at.stop()
    emptyTree(at, 'settings')
    await expect(at.start()).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      try: expect.stringContaining('spl verify'),
    })
  })

  it('does not make the gateway refuse requests: home says what is wrong', async () => {
    await using at = aKeptHome()
    await at.start()
    const { store, access } = at.daemon()
    const { values } = access.settings
    expect(projectPolicy(store, values, 1, 1).tokens).not.toBeNull()
    await at.stop()
    emptyTree(at, 'tokens')
    await at.start()
    expect(projectPolicy(at.daemon().store, values, 1, 1).tokens).toBeNull()
  })
})

describe('the trees of a store', () => {
  /** A table whose index can be made another, empty one. */
  function aTable(rows: number) {
    const database = new Database(':memory:')
    database.exec(`CREATE TABLE tea (leaf TEXT NOT NULL) STRICT; CREATE INDEX tea_by_leaf ON tea (leaf);
      CREATE TABLE none (leaf TEXT NOT NULL) STRICT; CREATE INDEX none_by_leaf ON none (leaf);
      CREATE TABLE records (seq INTEGER PRIMARY KEY) STRICT`)
    const insert = database.prepare('INSERT INTO tea VALUES (?)')
    for (let n = 0; n < rows; n += 1) insert.run(`leaf ${n % 7}`)
    return {
      database,
      lose() {
        database.unsafeMode(true)
        database.pragma('writable_schema = ON')
        database.exec(`UPDATE sqlite_schema SET rootpage =
          (SELECT rootpage FROM sqlite_schema WHERE name = 'none_by_leaf') WHERE name = 'tea_by_leaf'`)
        database.pragma('writable_schema = RESET')
      },
      [Symbol.dispose]: () => database.close(),
    }
  }

  it('are counted at the start, and again after each pause', () => {
    using table = aTable(10)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const told: string[] = []
    const census = new Census(table.database, (fault) => told.push(fault))
    try {
      census.start()
      expect(told).toEqual([])
      table.lose()
      vi.advanceTimersByTime(STORE_LIMITS.storeCensusMs - 1)
      expect(told).toEqual([])
      vi.advanceTimersByTime(1_000)
      expect(told).toEqual(['tea_by_leaf holds 0 of 10 rows'])
      expect([census.fault('tea')?.what, census.fault('none')]).toEqual([told[0], undefined])
      vi.advanceTimersByTime(2 * STORE_LIMITS.storeCensusMs)
      expect(told).toHaveLength(1)
    } finally {
      census.stop()
      vi.useRealTimers()
    }
  })

  it('are counted in slices if they are large, and a start waits for them only up to its limit', () => {
    using table = aTable(12_000)
    table.lose()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const told: string[] = []
    const census = new Census(table.database, (fault) => told.push(fault))
    vi.spyOn(performance, 'now').mockImplementation(
      () => (vi.advanceTimersByTime(0), (clock += STORE_LIMITS.storeCensusStartMs)),
    )
    let clock = 0
    try {
      census.start()
      expect(told).toEqual([])
      vi.advanceTimersByTime(1_000)
      expect(told).toEqual(['tea_by_leaf holds 0 of 12000 rows'])
    } finally {
      census.stop()
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  })

  it('are counted again before a row is reported missing', () => {
    using table = aTable(10)
    const told: string[] = []
    const census = new Census(table.database, (fault) => told.push(fault))
    table.lose()
    expect([census.fault('tea'), census.faultNow('tea')?.what]).toEqual([
      undefined,
      'tea_by_leaf holds 0 of 10 rows',
    ])
    expect(told).toHaveLength(1)
  })
})
