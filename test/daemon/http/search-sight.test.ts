import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'

interface Answer {
  readonly data: { readonly id: string; readonly thread: string; readonly matches: object[] }[]
  readonly has_more: boolean
  readonly next_cursor: string | null
  readonly index: {
    readonly indexed_to: string
    readonly behind: number
    readonly complete: boolean
  }
}

const BOB = 'did:sync:user:bob'
const TEAM = { namespace: 'team/a' }

describe('a search finds nothing out of sight, and tells nothing of it', () => {
  let at: TestDaemon
  let reacher: Record<string, string>
  let reader: Record<string, string>
  /** Records that the reacher sees. */
  let inSight = 60

  beforeAll(async () => {
    at = await aDaemon()
    for (const name of ['team', 'team/a', 'team2']) await at.post('/v1/namespaces', { name })
    for (let n = 0; n < 120; n += 1) await write(n)
    const request = { name: 'reacher', actors: [ADA], scopes: ['records:read'] as const }
    const reach = { namespaces: ['team'], threads: ['th_mine', 'th_engine_config'] }
    const { token } = await at.daemon.access.accounts.createWithToken({ ...request, reach }, null)
    reacher = { authorization: `Bearer ${token}` }
    reader = { authorization: `Bearer ${await at.tokenWith('records:read')}` }
    await at.post('/v1/config/token_burst', { value: 3_000 })
  })
  afterAll(() => at[Symbol.asyncDispose]())

  /** Every fourth in a single thread, every fourth in a namespace, and the others elsewhere. */
  function write(n: number) {
    const [thread, namespace] = (
      [
        ['th_mine', undefined],
        ['th_team', TEAM],
        ['th_team2', { namespace: 'team2' }],
        ['th_other', undefined],
      ] as const
    )[n % 4] ?? ['th_other', undefined]
    const where = n % 4 < 2 ? 'here' : 'elsewhere'
    return at.daemon.store.append(
      aDraft({
        thread,
        actor: n % 8 < 4 ? ADA : BOB,
        body: { text: `token secret ${where} ${n} 茶`, ...namespace },
      }),
    )
  }

  async function search(
    parameters: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const response = await at.get(`/v1/search?${new URLSearchParams(parameters)}`, headers)
    expect(response.status).toBe(200)
    return (await response.json()) as Answer
  }

  /** How many searches have found something. */
  const finds = async (): Promise<number> => {
    let count = 0
    for (const q of ['token', 'secret token', '茶', 'se', '"secret here"', 'e']) {
      const { data, has_more: more } = await search({ q }, reacher)
      expect([q, data.length, more]).toEqual([q, 60, false])
      expect(new Set(data.map(({ thread }) => thread))).toEqual(new Set(['th_mine', 'th_team']))
      count += 1
    }
    const none = await search({ q: 'nowhere at all' }, reacher)
    for (const q of ['elsewhere', '"secret elsewhere"', 'auth_required']) {
      expect(await search({ q }, reacher)).toEqual(none)
    }
    for (const more of [{ thread: 'th_other' }, { thread: 'th_engine_config' }]) {
      expect(await search({ q: 'e', ...more }, reacher)).toEqual(none)
    }
    for (const namespace of ['team2', 'nothing']) {
      const { data } = await search({ q: 'e', namespace }, reacher)
      expect(data).toEqual([])
    }
    expect((await search({ q: 'e', namespace: 'team' }, reacher)).data).toHaveLength(30)
    expect((await search({ q: 'here', actor: BOB }, reacher)).data).toHaveLength(30)
    expect((await search({ q: 'here', actor: BOB, thread: 'th_mine' }, reacher)).data).toHaveLength(
      15,
    )
    return count
  }

  it('while nothing is indexed', async () => {
    expect(await finds()).toBe(6)
  })

  it('once all is indexed', async () => {
    await until('all is indexed', () => at.daemon.store.searchIndex.status.state === 'ready')
    expect(await finds()).toBe(6)
  })

  it('does not tell what is written elsewhere', async () => {
    await until('all is indexed', () => at.daemon.store.searchIndex.status.state === 'ready')
    const before = await search({ q: 'here', limit: '7' }, reacher)
    expect(before.index).toMatchObject({ behind: 0, complete: true })
    for (let n = 2; n < 120; n += 4) await write(n)
    expect(await search({ q: 'here', limit: '7' }, reacher)).toEqual(before)
    await until('all is indexed', () => at.daemon.store.searchIndex.status.state === 'ready')
    expect(await search({ q: 'here', limit: '7' }, reacher)).toEqual(before)
    // The index may be faster than the question.
    await until('what is in sight is counted', async () => {
      await write(0)
      inSight += 1
      return (await search({ q: 'here' }, reacher)).index.behind > 0
    })
  })

  it('cursors do not count what is elsewhere', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page: Answer = await search(
        { q: '"secret here"', limit: '9', ...(cursor && { cursor }) },
        reacher,
      )
      expect(page.index.indexed_to).toMatch(/^[0-9a-f]{16}:[0-9a-f]{32}$/u)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor ?? undefined
      if (cursor !== undefined) {
        expect(cursor).toMatch(
          /^[0-9a-f]{16}:[0-9a-f]{32}~[0-9a-f]{16}:[0-9a-f]{32}~\d+~[0-9a-f]{16}$/u,
        )
      }
    } while (cursor !== undefined)
    expect(new Set(seen).size).toBe(inSight)
    expect(seen).toHaveLength(inSight)
  })

  it('the daemon’s own threads are for admin and config:read alone', async () => {
    const admin = await search({ q: 'token_burst' }, {})
    expect(admin.data.map(({ thread }) => thread)).toContain('th_engine_config')
    expect((await search({ q: 'token_burst' }, reader)).data).toEqual([])
    const missing = await search({ q: 'e', thread: 'th_nothing' }, reader)
    expect(await search({ q: 'e', thread: 'th_engine_config' }, reader)).toEqual(missing)
  })
})
