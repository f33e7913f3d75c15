import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../protocol/limits.ts'
import { ACCESS_LIMITS } from '../../../local-daemon/access/limits.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

type Json = Record<string, unknown>

/** A daemon and what it answers about namespaces. */
class Served {
  readonly at: TestDaemon

  constructor(at: TestDaemon) {
    this.at = at
  }

  async ask(method: string, path: string, body?: unknown, bearer = this.at.bearer) {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(this.at.base + path, { method, headers, ...sent })
    return { status: answer.status, body: (await answer.json()) as Json }
  }

  make(name: unknown, more: object = {}) {
    return this.ask('POST', '/v1/namespaces', { name, ...more })
  }

  change(name: string, change: object) {
    return this.ask('PATCH', '/v1/namespaces', { name, ...change })
  }

  async list(): Promise<readonly Json[]> {
    const data: Json[] = []
    let cursor = ''
    for (;;) {
      const { body } = await this.ask('GET', `/v1/namespaces?limit=1&cursor=${cursor}`)
      data.push(...(body['data'] as Json[]))
      if (body['has_more'] !== true) return data
      cursor = body['next_cursor'] as string
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.at[Symbol.asyncDispose]()
  }
}

async function served(): Promise<Served> {
  return new Served(await aDaemon())
}

describe('a namespace', () => {
  it('is made below one that exists, and listed after default, each once', async () => {
    await using at = await served()
    const made = await at.make('team', { description: 'all of us' })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      object: 'namespace',
      name: 'team',
      description: 'all of us',
      status: 'active',
      archived_with: null,
      archived_at: null,
    })
    expect((await at.make('team/ops')).status).toBe(201)
    const all = await at.list()
    expect(all.map(({ name }) => name)).toEqual(['default', 'team', 'team/ops'])
    expect(all[0]).toMatchObject({ status: 'active', created_at: null })
  })

  it('is there once: making it again changes nothing and adds no record', async () => {
    await using at = await served()
    const first = await at.make('team', { description: 'first' })
    const head = at.at.daemon.store.head()
    const again = await at.make('team', { description: 'second' })
    expect([again.status, again.body]).toEqual([200, first.body])
    expect(at.at.daemon.store.head()).toBe(head)
    expect((await at.make('default')).status).toBe(200)
  })

  it('cannot be made below one that is missing; the refusal names it and the command', async () => {
    await using at = await served()
    const refused = await at.make('team/ops/ci')
    expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
    expect(refused.body['message']).toMatch(/\bteam here$/)
    expect(refused.body['try']).toMatch(/spl namespace create team$/)
    await at.make('team')
    expect((await at.make('team/ops/ci')).body['try']).toMatch(/spl namespace create team\/ops$/)
  })

  it('cannot be made below an archived one; the refusal names that and how to open it', async () => {
    await using at = await served()
    for (const name of ['team', 'team/ops']) await at.make(name)
    await at.change('team', { archived: true })
    for (const name of ['team/new', 'team/ops/ci']) {
      const refused = await at.make(name)
      expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
      expect(refused.body['try']).toMatch(/spl namespace restore team$/)
    }
    expect((await at.list()).map((one) => one['name'])).toEqual(['default', 'team', 'team/ops'])
    await at.change('team', { archived: false })
    expect((await at.make('team/new')).status).toBe(201)
  })

  it('is closed with the one above it, and opens with it again', async () => {
    await using at = await served()
    for (const name of ['team', 'team/ops', 'team/ops/ci', 'team2']) await at.make(name)
    await at.change('team/ops/ci', { archived: true })
    expect((await at.change('team', { archived: true })).body).toMatchObject({
      status: 'archived',
      archived_with: 'team',
    })
    const closed = async () =>
      Object.fromEntries((await at.list()).map((one) => [one['name'], one['archived_with']]))
    expect(await closed()).toEqual({
      default: null,
      team: 'team',
      'team/ops': 'team',
      'team/ops/ci': 'team',
      team2: null,
    })
    expect((await at.make('team/new')).body).toMatchObject({ code: 'NAMESPACE_REJECTED' })
    expect((await at.make('team/new')).body['try']).toMatch(/spl namespace restore team$/)
    expect((await at.make('team')).body['try']).toMatch(/^spl namespace restore team /)
    await at.change('team', { archived: false })
    expect(await closed()).toMatchObject({
      team: null,
      'team/ops': null,
      'team/ops/ci': 'team/ops/ci',
    })
  })

  it('gets another description without being closed or opened', async () => {
    await using at = await served()
    await at.make('team', { description: 'old' })
    await at.change('team', { archived: true })
    expect((await at.change('team', { description: 'new' })).body).toMatchObject({
      description: 'new',
      status: 'archived',
    })
    expect((await at.change('team', { description: null })).body['description']).toBeNull()
  })

  it('named default is always as it is', async () => {
    await using at = await served()
    const refused = await at.change('default', { archived: true })
    expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
    expect((await at.list())[0]).toMatchObject({ name: 'default', status: 'active' })
  })

  it('that does not exist cannot be changed', async () => {
    await using at = await served()
    const refused = await at.change('team', { archived: true })
    expect([refused.status, refused.body['code']]).toEqual([404, 'NOT_FOUND'])
  })

  it('is one of a thousand at most', async () => {
    await using at = await served()
    const { namespaces } = at.at.daemon.access
    const most = ACCESS_LIMITS.namespaces - 1
    await Promise.all(Array.from({ length: most }, (_, nth) => namespaces.create(`n${nth}`, null)))
    const refused = await at.make('one-more')
    expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
    expect((await at.make('n0')).status).toBe(200)
  })
})

describe('bad input about a namespace', () => {
  let at: Served
  beforeAll(async () => {
    at = await served()
  })
  afterAll(() => at[Symbol.asyncDispose]())

  it.each<[string, object]>([
    ['name', { name: 'Team' }],
    ['name', { name: 'team/' }],
    ['name', { name: '../etc' }],
    ['name', { name: 'a/b/c/d/e' }],
    ['name', { name: 'équipe' }],
    ['name', { name: 'x'.repeat(64) }],
    ['name', { name: 'x'.repeat(LIMITS.targetBytes) }],
    ['name', { name: 7 }],
    ['name', {}],
    ['description', { name: 'x', description: 'a\u001b[31m' }],
    ['description', { name: 'x', description: 'x'.repeat(201) }],
    ['$', { name: 'x', policy: 'open' }],
  ])('a wrong %s is refused: %j', async (field, body) => {
    const answer = await at.ask('POST', '/v1/namespaces', body)
    expect([answer.status, answer.body['code'], answer.body['field']]).toEqual([
      400,
      'INVALID_REQUEST',
      field,
    ])
    expect(answer.body['try']).toBeTruthy()
  })

  it('a change of nothing is refused', async () => {
    const answer = await at.change('default', {})
    expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('only an admin makes and changes them; whoever reads records or settings lists them', async () => {
    const writer = await at.at.tokenWith('records:read', 'records:write', 'config:write')
    expect((await at.ask('POST', '/v1/namespaces', { name: 'x' }, writer)).status).toBe(403)
    expect((await at.ask('PATCH', '/v1/namespaces', { name: 'x' }, writer)).status).toBe(403)
    expect((await at.ask('GET', '/v1/namespaces', undefined, writer)).status).toBe(200)
    const blind = await at.at.tokenWith('records:write')
    expect((await at.ask('GET', '/v1/namespaces', undefined, blind)).status).toBe(403)
  })

  it('nobody writes to the thread of the namespaces but the daemon', async () => {
    const record = { thread: 'th_namespace_registry', actor: 'did:sync:user:ada', act: 'LEARN' }
    const body = { topic: 'namespace_entry', name: 'x', status: 'active', description: null }
    const answer = await at.ask('POST', '/v1/records', { ...record, body })
    expect([answer.status, answer.body['code']]).toEqual([403, 'THREAD_RESERVED'])
  })
})

describe('the table of namespaces', () => {
  it('is what a rebuild from its records makes of it', async () => {
    await using at = await served()
    for (const name of ['team', 'team/ops', 'old']) await at.make(name, { description: name })
    await at.change('old', { archived: true })
    await at.change('team', { description: 'changed' })
    const before = await at.list()
    await at.at.daemon.access.namespaces.rebuild()
    expect(await at.list()).toEqual(before)
  })

  it('takes nothing from records that are malformed, foreign in their actor or out of order', async () => {
    await using at = await served()
    await at.make('team')
    const { daemon } = at.at
    const before = await at.list()
    const valid = { topic: 'namespace_entry', status: 'active', description: null, changed_at: 1 }
    const actor = daemon.identity.did
    const thread = 'th_namespace_registry'
    for (const body of [
      { ...valid, name: 'Upper' },
      { ...valid, name: 'none/below' },
      { ...valid, name: 'late', status: 'gone' },
      { ...valid, name: 'default', status: 'archived' },
      { ...valid, name: 7 },
    ]) {
      await daemon.store.append(aDraft({ thread, actor, act: 'LEARN', body }))
    }
    await daemon.store.append(aDraft({ thread, act: 'LEARN', body: { ...valid, name: 'ada' } }))
    await daemon.store.append(aDraft({ thread, actor, body: { ...valid, name: 'done' } }))
    expect(await at.list()).toEqual(before)
    await daemon.access.namespaces.rebuild()
    expect(await at.list()).toEqual(before)
  })
})
