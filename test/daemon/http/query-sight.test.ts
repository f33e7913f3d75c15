import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

interface Answer {
  readonly data: { readonly id: string; readonly thread: string }[]
  readonly has_more: boolean
  readonly next_cursor: string | null
  readonly plan: { readonly steps: readonly string[]; readonly looked: number }
}

const BOB = 'did:sync:user:bob'
const MINE = ['th_mine', 'th_mine_2']

describe('a query finds nothing out of sight, and tells nothing of it', () => {
  let at: TestDaemon
  let reacher: Record<string, string>
  let reader: Record<string, string>
  const foreign: string[] = []

  beforeAll(async () => {
    at = await aDaemon()
    for (let n = 0; n < 200; n += 1) {
      const thread = n % 10 === 0 ? (MINE[(n / 10) % 2] ?? '') : `th_other_${n % 3}`
      const actor = n % 4 === 0 ? BOB : ADA
      const { record } = await at.daemon.store.append(aDraft({ thread, actor, body: { n } }))
      if (!MINE.includes(thread)) foreign.push(record.id)
    }
    const request = { name: 'reacher', actors: [ADA], scopes: ['records:read'] as const }
    const reach = { namespaces: [], threads: [...MINE, 'th_engine_config'] }
    const { token } = await at.daemon.access.accounts.createWithToken({ ...request, reach }, null)
    reacher = { authorization: `Bearer ${token}` }
    reader = { authorization: `Bearer ${await at.tokenWith('records:read')}` }
    await at.post('/v1/config/token_burst', { value: 3_000 })
  })
  afterAll(() => at[Symbol.asyncDispose]())

  async function ask(query: object, headers: Record<string, string>): Promise<Answer> {
    const response = await at.post('/v1/records/query', { ...query, explain: true }, headers)
    expect(response.status).toBe(200)
    return (await response.json()) as Answer
  }

  it.each([
    [{ 'body.n': { $gte: 0 } }, 20, 20],
    [{ 'body.n': { $lt: 0 } }, 0, 20],
    [{ actor: BOB }, 10, 10],
    [{ actor: BOB, 'body.n': { $lt: 100 } }, 5, 10],
    [{ $or: [{ thread: 'th_other_1' }, { thread: 'th_mine' }] }, 10, 20],
    [{ $not: { thread: 'th_nothing' } }, 20, 20],
    [{ created_at: { $gt: 0 } }, 20, 20],
    [{ namespace: 'default' }, 20, 20],
    [{ thread: 'th_mine', actor: ADA, clock: { $gte: 0 } }, 0, 0],
    [{ thread: 'th_mine', actor: BOB, clock: { $gte: 0 } }, 10, 10],
  ])('%j of a bearer with a reach', async (filter, found, looked) => {
    for (const sort of [{ created_at: 1 }, { created_at: -1 }, { clock: -1 }]) {
      const { data, plan } = await ask({ filter, sort }, reacher)
      expect([data.length, plan.looked]).toEqual([found, looked])
      expect(data.every(({ thread }) => MINE.includes(thread))).toBe(true)
    }
  })

  it('a thread and a record elsewhere are as ones that do not exist', async () => {
    const missing = await ask({ thread: 'th_nothing' }, reacher)
    for (const thread of ['th_other_1', 'th_engine_config', 'th_service_accounts']) {
      expect(await ask({ thread }, reacher)).toEqual(missing)
      expect(await ask({ filter: { thread, act: 'DO' } }, reacher)).toEqual(missing)
      const both = { thread, actor: BOB, clock: { $lt: 5 } }
      const none = await ask({ filter: { ...both, thread: 'th_nothing' } }, reacher)
      expect(await ask({ filter: both }, reacher)).toEqual(none)
    }
    const noId = await ask({ filter: { id: '0'.repeat(64) } }, reacher)
    expect(await ask({ filter: { id: { $in: foreign } } }, reacher)).toEqual(noId)
  })

  it('cursors do not count what is elsewhere', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query = { filter: { act: 'DO' }, limit: 6, cursor }
      const page: Answer = await ask(query, reacher)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor
      // Two sealed places, the clock of a record that was seen, and what names the query.
      if (cursor !== null) {
        expect(cursor).toMatch(
          /^[0-9a-f]{16}:[0-9a-f]{32}~[0-9a-f]{16}:[0-9a-f]{32}~\d+~[0-9a-f]{16}$/u,
        )
      }
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(20)
  })

  it('the daemon’s own threads are for admin and config:read alone', async () => {
    const filter = { act: 'LEARN' }
    const admin = await ask({ filter }, {})
    expect(admin.data.map(({ thread }) => thread)).toContain('th_engine_config')
    expect((await ask({ filter }, reader)).data).toEqual([])
    const missing = await ask({ thread: 'th_nothing' }, reader)
    expect(await ask({ thread: 'th_engine_config' }, reader)).toEqual(missing)
    const all = await ask({ filter: { 'body.n': -1 } }, reader)
    expect(all.plan.looked).toBe(200)
  })
})
