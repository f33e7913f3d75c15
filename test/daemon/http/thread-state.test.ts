import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runHere } from '../../support/cli/run-here.ts'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

interface State {
  readonly actors: number
  readonly last_clock: number
  readonly actor_clocks: Readonly<Record<string, number>>
  readonly has_more: boolean
  readonly next_cursor: string | null
}
const actor = (n: number) => `did:sync:agent:a${n}`

describe('GET /v1/threads/{id}/state', () => {
  let at: TestDaemon
  beforeAll(async () => {
    at = await aDaemon()
    const { store } = at.daemon
    await store.append(aDraft({ thread: 'th_few', act: 'INTEND', body: { goal: 'tea' } }))
    await store.append(aDraft({ thread: 'th_few', actor: actor(1), clock: 41 }))
    await store.append(aDraft({ thread: 'th_few' }))
    for (let n = 0; n < 25; n += 1) {
      await store.append(aDraft({ thread: 'th_many', actor: actor(n), clock: (n * 7) % 25 }))
    }
  })
  afterAll(() => at[Symbol.asyncDispose]())

  const state = async (path: string) => (await (await at.get(path)).json()) as State

  it('has counts, times and the highest clock of each actor', async () => {
    const found = await state('/v1/threads/th_few/state')
    expect(found).toMatchObject({
      object: 'thread_state',
      id: 'th_few',
      records: 3,
      goal: 'tea',
      first_act: 'INTEND',
      actors: 2,
      last_clock: 41,
      actor_clocks: { [ADA]: 1, [actor(1)]: 41 },
      has_more: false,
      next_cursor: null,
    })
    const next = { thread: 'th_few', act: 'DO', body: {}, actor: ADA }
    const appended = await at.post('/v1/records', next)
    expect(await appended.json()).toMatchObject({ clock: 2 })
  })

  it('gives many actors page by page, each once, with the clock of all on each page', async () => {
    const seen: Record<string, number> = {}
    let cursor = ''
    do {
      const page = await state(`/v1/threads/th_many/state?limit=10&cursor=${cursor}`)
      expect(page).toMatchObject({ actors: 25, last_clock: 24 })
      expect(Object.keys(page.actor_clocks).filter((name) => name in seen)).toEqual([])
      Object.assign(seen, page.actor_clocks)
      cursor = page.next_cursor ?? ''
    } while (cursor !== '')
    expect(seen).toEqual(
      Object.fromEntries(Array.from({ length: 25 }, (_, n) => [actor(n), (n * 7) % 25])),
    )
  })

  it('is 404 for a thread that is not there, or out of sight', async () => {
    const headers = { authorization: `Bearer ${await at.tokenWith('records:read')}` }
    for (const thread of ['th_nothing', 'th_engine_config', 'th_service_accounts']) {
      const response = await at.get(`/v1/threads/${thread}/state`, headers)
      expect([response.status, await response.json()]).toEqual([
        404,
        expect.objectContaining({ code: 'NOT_FOUND' }),
      ])
    }
  })

  it('refuses a cursor that is made up', async () => {
    const response = await at.get('/v1/threads/th_many/state?cursor=made_up')
    expect(await response.json()).toMatchObject({ code: 'INVALID_CURSOR' })
  })

  it('is what spl thread show shows', async () => {
    const home = at.daemon.home.root
    const { stdout } = await runHere(['thread', 'show', 'th_few'], { home })
    expect(stdout).toMatch(/Last clock +41\n/u)
    expect(stdout).toMatch(/NEXT CLOCK +ACTOR\n/u)
    expect(stdout).toContain(`42          ${actor(1)}`)
    const json = await runHere(['thread', 'show', 'th_few', '--json'], { home })
    expect(JSON.parse(json.stdout)).toEqual(await state('/v1/threads/th_few/state'))
  })
})
