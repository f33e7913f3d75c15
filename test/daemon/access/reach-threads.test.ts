import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'

const MINE = ['th_mine', 'th_mine_2']
/** Elsewhere; one name begins as a reached one. */
const FOREIGN = ['th_min', 'th_mine_3', 'th_other']
let at: TestDaemon
let bearer: Record<string, string>
const ids: Record<string, string> = {}

beforeAll(async () => {
  at = await aDaemon()
  for (const thread of [...FOREIGN, ...MINE, ...FOREIGN]) {
    ids[thread] = await write(thread)
  }
  bearer = withBearer(await bearerFor(['records:read', 'records:write']))
})
afterAll(() => at[Symbol.asyncDispose]())

async function write(thread: string): Promise<string> {
  return (await at.daemon.store.append(aDraft({ thread }))).record.id
}

async function bearerFor(scopes: readonly Scope[], threads = MINE): Promise<string> {
  const reach = { namespaces: [], threads }
  const request = { name: 'reacher', scopes, actors: [ADA], reach }
  return (await at.daemon.access.accounts.createWithToken(request, null)).token
}

function withBearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

/** Status, fields and bytes of an answer, without what is of this one request. */
async function shown(answer: Response): Promise<unknown> {
  const headers = [...answer.headers].filter(([name]) => !/^(?:x-request-id|date)$/.test(name))
  const text = (await answer.text()).replaceAll(/"request_id":"[^"]*"/g, '')
  return { status: answer.status, headers, text }
}
const get = (path: string) => at.get(path, bearer)
interface Page {
  readonly records: readonly { readonly record: { readonly thread: string } }[]
  readonly next_cursor: string
  readonly has_more: boolean
}
const changes = async (query: string) =>
  (await (await get(`/v1/sync/changes?${query}`)).json()) as Page

describe('a bearer that reaches two threads tries', () => {
  it('to read a record elsewhere by its id: it is as one that does not exist', async () => {
    const missing = await shown(await get(`/v1/records/${'0'.repeat(64)}`))
    expect(missing).toMatchObject({ status: 404 })
    for (const thread of FOREIGN) {
      expect(await shown(await get(`/v1/records/${ids[thread] ?? ''}`))).toEqual(missing)
    }
    for (const thread of MINE) {
      expect((await get(`/v1/records/${ids[thread] ?? ''}`)).status).toBe(200)
    }
  })

  it('to list a thread elsewhere: it is as one that does not exist', async () => {
    const missing = await shown(await get('/v1/threads/th_nothing/records'))
    const empty = await shown(await get('/v1/records?thread=th_nothing'))
    for (const thread of FOREIGN) {
      expect(await shown(await get(`/v1/threads/${thread}/records`))).toEqual(missing)
      expect(await shown(await get(`/v1/records?thread=${thread}`))).toEqual(empty)
    }
  })

  it('to count threads, and records of an actor everywhere: only what it reaches is there', async () => {
    const list = (await (await get('/v1/threads?limit=1')).json()) as {
      data: { id: string; records: number }[]
      has_more: boolean
      next_cursor: string
    }
    expect(list).toMatchObject({ data: [{ id: 'th_mine_2', records: 1 }], has_more: true })
    const rest = await (await get(`/v1/threads?cursor=${list.next_cursor}`)).json()
    expect(rest).toMatchObject({ data: [{ id: 'th_mine' }], has_more: false, next_cursor: null })
    const records = await (await get(`/v1/records?actor=${ADA}`)).json()
    expect(records).toMatchObject({ data: [{ thread: 'th_mine' }, { thread: 'th_mine_2' }] })
  })

  it('to page through the changes: it gets its own, in order, each once', async () => {
    const first = await changes('limit=1')
    const second = await changes(`limit=1&since=${first.next_cursor}`)
    const third = await changes(`since=${second.next_cursor}`)
    const threads = [first, second, third].flatMap(({ records }) =>
      records.map(({ record }) => record.thread),
    )
    expect(threads).toEqual(MINE)
    expect([first.has_more, second.has_more, third.has_more]).toEqual([true, false, false])
  })

  it('to learn from a cursor how much is elsewhere, or that something came: it does not move', async () => {
    const before = await changes('')
    const now = await changes('since=now')
    for (const thread of FOREIGN) await write(thread)
    for (const again of [await changes(''), await changes(`since=${before.next_cursor}`)]) {
      expect(again.next_cursor).toBe(before.next_cursor)
    }
    expect((await changes('since=now')).next_cursor).toBe(now.next_cursor)
    expect(before.next_cursor).toMatch(/^[0-9a-f]{16}:[0-9a-f]{32}$/)
  })

  it('to find the newest number by cursors of its own making: all are refused alike', async () => {
    const { epoch } = at.daemon.store
    const head = at.daemon.store.head()
    const answers = new Set<string>()
    for (const seq of [1, head, head + 1, head + 1000]) {
      const answer = await get(`/v1/sync/changes?since=${epoch}:${seq}:${'0'.repeat(12)}`)
      answers.add(JSON.stringify(await shown(answer)))
    }
    const plain = at.daemon.store.cursorAt(head)
    answers.add(JSON.stringify(await shown(await get(`/v1/sync/changes?since=${plain}`))))
    const sealed = `${epoch}:${'0'.repeat(32)}`
    answers.add(JSON.stringify(await shown(await get(`/v1/sync/changes?since=${sealed}`))))
    expect([...answers]).toHaveLength(1)
    expect([...answers][0]).toContain('INVALID_CURSOR')
  })

  it('to be woken from its wait by what is written elsewhere', async () => {
    let answered: Page | undefined
    const waiting = changes('since=now&feed=longpoll').then((page) => (answered = page))
    for (let count = 0; count < 20; count += 1) {
      await write('th_other')
      await sleep(5)
    }
    await until('it was woken', async () => {
      if (answered === undefined) await write('th_mine')
      return answered !== undefined
    })
    expect((await waiting).records.length).toBeGreaterThan(0)
  })

  it('to follow everything as an event stream: it has its own, before it is ready and after', async () => {
    const leaving = new AbortController()
    const { body } = await fetch(`${at.base}/v1/sync/subscribe`, {
      headers: bearer,
      signal: leaving.signal,
    })
    let text = ''
    const reading = (async () => {
      for await (const piece of body ?? []) text += Buffer.from(piece).toString()
    })().catch(() => {})
    await until('it is ready', () => text.includes('event: ready'))
    for (const thread of [...FOREIGN, 'th_mine_2']) await write(thread)
    const last = await write('th_mine')
    await until('the last one came', () => text.includes(last))
    leaving.abort()
    await reading
    for (const thread of FOREIGN) expect(text).not.toContain(`"thread":"${thread}"`)
    for (const [, id = ''] of text.matchAll(/^id: (.*)$/gm)) {
      expect(id).toMatch(/^[0-9a-f]{16}:[0-9a-f]{32}$/)
    }
    // Each event's id is a place to go on from.
    const since = /^id: (.*)\nevent: ready/m.exec(text)?.[1] ?? ''
    expect((await changes(`since=${since}`)).records.map(({ record }) => record.thread)).toEqual([
      'th_mine_2',
      'th_mine',
    ])
  })

  it('to write elsewhere: it is refused alike, whether the thread exists or not', async () => {
    const post = async (thread: string) =>
      shown(await at.post('/v1/records', aDraft({ thread }), bearer))
    const refused = await post('th_nothing')
    expect(refused).toMatchObject({ status: 403 })
    expect(JSON.stringify(refused)).toContain('REACH_FORBIDDEN')
    const own = ['th_engine_config', 'th_service_accounts', 'th_consent', 'th_audit_x']
    for (const thread of [...FOREIGN, ...own]) expect(await post(thread)).toEqual(refused)
    expect(at.daemon.store.thread('th_nothing')).toBeUndefined()
    expect(await post('th_mine')).toMatchObject({ status: 201 })
  })

  it('to write many elsewhere, also what is there already: each line is refused alike', async () => {
    const there = aDraft({ thread: 'th_other', clock: 0 })
    expect(at.daemon.store.thread('th_other')).toBeDefined()
    const lines = ['th_other', 'th_nothing', 'th_consent', 'th_mine'].map((thread) =>
      JSON.stringify({ ...there, thread, clock: thread === 'th_mine' ? undefined : 0 }),
    )
    const answer = await at.post('/v1/records', lines.join('\n'), {
      ...bearer,
      'content-type': 'application/x-ndjson',
    })
    const outcomes = (await answer.text()).trim().split('\n')
    const refused = (outcomes[1] ?? '').replace('"line":2', '')
    expect(refused).toContain('REACH_FORBIDDEN')
    for (const at of [0, 2]) {
      expect(outcomes[at]?.replace(`"line":${at + 1}`, '')).toBe(refused)
    }
    expect(outcomes[3]).toContain('"accepted"')
  })

  it('to count what others write by the numbers of its own records: it is told none', async () => {
    const send = async (headers: Record<string, string>) => {
      const line = JSON.stringify(aDraft({ thread: 'th_mine', clock: undefined }))
      const type = { 'content-type': 'application/x-ndjson' }
      const first = await at.post('/v1/records', line, { ...headers, ...type })
      const accepted = (await first.text()).split('\n')[0] ?? ''
      const { id } = JSON.parse(accepted) as { id: string }
      const record = (await (await at.get(`/v1/records/${id}`)).json()) as { clock: number }
      const draft = aDraft({ thread: 'th_mine', clock: record.clock })
      const again = await at.post('/v1/records', JSON.stringify(draft), { ...headers, ...type })
      return [accepted, (await again.text()).split('\n')[0] ?? '']
    }
    const [accepted, duplicate] = await send(bearer)
    expect(accepted).toMatch(/"outcome":"accepted","id":"[0-9a-f]{64}"}$/)
    expect(duplicate).toMatch(/"outcome":"duplicate","id":"[0-9a-f]{64}"}$/)
    for (const told of await send(withBearer(at.bearer))) expect(told).toMatch(/"seq":\d+}$/)
  })

  it('to repeat a write with a key it used when it reached more', async () => {
    const draft = aDraft({ thread: 'th_mine' })
    const headers = { ...bearer, 'idempotency-key': 'once' }
    expect((await at.post('/v1/records', draft, headers)).status).toBe(201)
    const { account } = at.daemon.store.tokens().at(-1) ?? { account: '' }
    const narrower = { service_account_id: account, reach: { threads: ['th_mine_2'] } }
    const minted = (await (await at.post('/v1/tokens', narrower)).json()) as { token: string }
    const again = { ...withBearer(minted.token), 'idempotency-key': 'once' }
    expect(await (await at.post('/v1/records', draft, again)).json()).toMatchObject({
      code: 'REACH_FORBIDDEN',
    })
  })

  it('to begin a thread within its reach in somebody else’s namespace: no name of one is told', async () => {
    const post = (path: string, body: unknown) => at.post(path, body)
    expect((await post('/v1/namespaces', { name: 'secret' })).status).toBe(201)
    const named = withBearer(await bearerFor(['records:write'], ['th_new']))
    const begin = async (namespace: string) =>
      shown(await at.post('/v1/records', aDraft({ thread: 'th_new', body: { namespace } }), named))
    const refused = await begin('secret')
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('REACH_FORBIDDEN') })
    expect(await begin('nothing')).toEqual(refused)
    expect(await begin('default')).toMatchObject({ status: 201 })
  })

  it('to learn from a cursor or a plan whether an actor is elsewhere', async () => {
    const elsewhere = 'did:sync:user:elsewhere'
    await at.daemon.store.append(aDraft({ thread: 'th_other', actor: elsewhere }))
    const state = async (actor: string) => {
      const cursor = Buffer.from(actor).toString('base64url')
      return shown(await get(`/v1/threads/th_mine/state?cursor=${cursor}`))
    }
    expect(await state(elsewhere)).toEqual(await state('did:sync:user:nobody'))
    const plan = async (actor: string) =>
      shown(await at.post('/v1/records/query', { filter: { actor }, explain: true }, bearer))
    expect(await plan(elsewhere)).toEqual(await plan('did:sync:user:nobody'))
  })
})

describe('a reach is handed out', () => {
  it('by an admin, in canonical form, and shown to its holder', async () => {
    const reach = { threads: ['th_b', 'th_a', 'th_b'], namespaces: ['team/ops', 'team'] }
    const canonical = { namespaces: ['team'], threads: ['th_a', 'th_b'] }
    const asked = { name: 'x', scopes: ['records:read'], reach, with_token: true }
    const made = (await (await at.post('/v1/service-accounts', asked)).json()) as {
      id: string
      minted: { token: string }
    }
    expect(made).toMatchObject({ reach: canonical, minted: { reach: canonical } })
    const mine = await at.get('/v1/identity', withBearer(made.minted.token))
    expect(await mine.json()).toMatchObject({ reach: canonical })
    const list = await at.get(`/v1/tokens?service_account_id=${made.id}`)
    expect(await list.json()).toMatchObject({ data: [{ reach: canonical }] })
    expect(await (await at.get('/v1/identity')).json()).toMatchObject({ reach: null })
  })

  it.each(['admin', 'config:read', 'config:write'])('never with %s', async (scope) => {
    const asked = { scopes: ['records:read', scope], reach: { threads: ['th_a'] } }
    for (const [path, name] of [
      ['/v1/service-accounts', 'name'],
      ['/v1/invites', 'device'],
    ] as const) {
      const answer = await at.post(path, { [name]: 'x', ...asked })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'INVALID_REQUEST', field: 'reach' })
    }
    // Nor does a token have it that was made in another way.
    const sly = await bearerFor(['records:read', scope as Scope])
    const { scopes } = (await (await at.get('/v1/identity', withBearer(sly))).json()) as {
      scopes: string[]
    }
    expect(scopes).toEqual(['records:read'])
    for (const path of ['/v1/config', '/metrics', '/v1/tokens', '/v1/tunnel']) {
      expect([path, (await at.get(path, withBearer(sly))).status]).toEqual([path, 403])
    }
  })

  it.each([
    [{}],
    [{ namespaces: [], threads: [] }],
    [{ namespaces: ['Team'] }],
    [{ threads: ['team'] }],
    [{ threads: ['th_service_accounts'] }],
    [{ threads: ['th_audit_tokens'] }],
    [{ threads: Array.from({ length: 65 }, (_, n) => `th_${n}`) }],
    [{ everything: true }],
    [['th_a']],
    ['th_a'],
  ])('not as %j', async (reach) => {
    const asked = { name: 'x', scopes: ['records:read'], reach }
    const answer = await at.post('/v1/service-accounts', asked)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      400,
      'INVALID_REQUEST',
    ])
  })

  it('on by a token no wider than its account, by an exchange unchanged, by an invite', async () => {
    const request = { name: 'x', scopes: ['records:read'], reach: { threads: ['th_a', 'th_b'] } }
    const account = (await (await at.post('/v1/service-accounts', request)).json()) as {
      id: string
    }
    const mint = (reach?: unknown) =>
      at.post('/v1/tokens', { service_account_id: account.id, reach })
    const wider = await mint({ threads: ['th_a', 'th_c'] })
    expect([wider.status, await wider.json()]).toMatchObject([400, { field: 'reach' }])
    expect((await mint({ namespaces: ['default'] })).status).toBe(400)
    expect(await (await mint()).json()).toMatchObject({ reach: { threads: ['th_a', 'th_b'] } })
    const narrow = (await (await mint({ threads: ['th_b'] })).json()) as { token: string }
    const next = await at.post('/v1/tokens/self/rotate', {}, withBearer(narrow.token))
    expect(await next.json()).toMatchObject({ reach: { threads: ['th_b'], namespaces: [] } })

    const invited = { device: 'tv', scopes: ['records:read'], reach: { threads: ['th_b'] } }
    const invite = (await (await at.post('/v1/invites', invited)).json()) as { code: string }
    expect(invite).toMatchObject({ reach: { threads: ['th_b'] } })
    const redeemed = await at.post('/v1/invites/redeem', {}, withBearer(invite.code))
    expect(await redeemed.json()).toMatchObject({ reach: { threads: ['th_b'], namespaces: [] } })
  })

  it('and is still there when the tables are made again', async () => {
    const { store, access } = at.daemon
    const tables = () => [store.accounts(), store.tokens(), store.invites()]
    const before = tables()
    await access.accounts.rebuild()
    expect(tables()).toEqual(before)
    expect(store.tokens().some(({ reach }) => reach !== null)).toBe(true)
  })
})
