import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { redactionNote } from '../../../local-daemon/access/redaction-note.ts'
import { verifyStore } from '../../../local-daemon/cli/verify/verify-store.ts'
import { aDaemon, aDraft, ADA, type TestDaemon } from '../../support/daemon/a-daemon.ts'

type Json = Record<string, unknown>

async function withNamespaces(...names: string[]): Promise<TestDaemon> {
  const at = await aDaemon()
  for (const name of names) await at.daemon.access.namespaces.create(name, null)
  return at
}

/** What a record on a thread is answered, with this for its `body.namespace`. */
async function write(at: TestDaemon, thread: string, namespace?: unknown) {
  const body = { goal: 'x', ...(namespace !== undefined && { namespace }) }
  const answer = await at.post('/v1/records', { thread, actor: ADA, act: 'INTEND', body })
  return { status: answer.status, body: (await answer.json()) as Json }
}

async function threads(at: TestDaemon, query = ''): Promise<readonly (readonly unknown[])[]> {
  const { data } = (await (await at.get(`/v1/threads?${query}`)).json()) as { data: Json[] }
  return data.map(({ id, namespace }) => [id, namespace])
}

async function sizes(at: TestDaemon): Promise<Json> {
  const { data } = (await (await at.get('/v1/namespaces')).json()) as { data: Json[] }
  return Object.fromEntries(
    data.map(({ name, threads, records }) => [String(name), [threads, records]]),
  )
}

describe('a thread', () => {
  it('is in the namespace that its first record names, else in default', async () => {
    await using at = await withNamespaces('team', 'team/ops')
    expect((await write(at, 'th_ops', 'team/ops')).status).toBe(201)
    expect((await write(at, 'th_plain')).status).toBe(201)
    expect((await write(at, 'th_said', 'default')).status).toBe(201)
    const listed = await threads(at)
    expect(listed.filter(([, namespace]) => namespace !== null)).toEqual([
      ['th_said', 'default'],
      ['th_plain', 'default'],
      ['th_ops', 'team/ops'],
    ])
    const own = listed.filter(([, namespace]) => namespace === null).map(([id]) => id)
    expect(own).toEqual(expect.arrayContaining(['th_service_accounts', 'th_namespace_registry']))
  })

  it('stays there: a later record may leave the name out or repeat it, and no other', async () => {
    await using at = await withNamespaces('team', 'team2')
    await write(at, 'th_one', 'team')
    expect((await write(at, 'th_one')).status).toBe(201)
    expect((await write(at, 'th_one', 'team')).status).toBe(201)
    for (const other of ['team2', 'default', 'nowhere']) {
      const refused = await write(at, 'th_one', other)
      expect([refused.status, refused.body['code'], refused.body['field']]).toEqual([
        403,
        'NAMESPACE_REJECTED',
        'body.namespace',
      ])
      expect(refused.body['message']).toMatch(/in the namespace team, and stays/)
    }
    await write(at, 'th_two')
    expect((await write(at, 'th_two', 'team')).status).toBe(403)
    expect(at.daemon.store.thread('th_one')).toMatchObject({ records: 3, namespace_name: 'team' })
    expect(at.daemon.store.thread('th_two')).toMatchObject({ records: 1 })
  })

  it('cannot begin in a namespace that does not exist; the refusal says how to make it', async () => {
    await using at = await withNamespaces('team')
    const refused = await write(at, 'th_one', 'team/ops')
    expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
    expect(refused.body['try']).toMatch(/spl namespace create team\/ops$/)
    expect((await write(at, 'th_one', 'none/below')).body['try']).toMatch(/create none$/)
    expect((await at.get('/v1/threads/th_one/records')).status).toBe(404)
  })

  it.each([
    [7],
    [null],
    [['team']],
    [{ name: 'team' }],
    [''],
    ['Team'],
    ['team/'],
    ['a/b/c/d/e'],
    ['../team'],
    ['tеam'],
  ])('cannot name %j as its namespace', async (namespace) => {
    await using at = await withNamespaces('team')
    const refused = await write(at, 'th_one', namespace)
    expect([refused.status, refused.body['code'], refused.body['field']]).toEqual([
      400,
      'INVALID_RECORD',
      'body.namespace',
    ])
  })

  it('takes no record while its namespace or one above is archived, and what it had stays readable', async () => {
    await using at = await withNamespaces('team', 'team/ops', 'team2')
    await write(at, 'th_ops', 'team/ops')
    await write(at, 'th_two', 'team2')
    const { namespaces } = at.daemon.access
    await namespaces.change('team', { archived: true })
    for (const [thread, namespace] of [['th_ops'], ['th_ops', 'team/ops'], ['th_new', 'team']]) {
      const refused = await write(at, thread ?? '', namespace)
      expect([refused.status, refused.body['code']]).toEqual([403, 'NAMESPACE_REJECTED'])
      expect(refused.body['message']).toMatch(/namespace team is archived/)
      expect(refused.body['try']).toMatch(/spl namespace restore team$/)
    }
    expect((await at.get('/v1/threads/th_ops/records')).status).toBe(200)
    expect((await write(at, 'th_two')).status).toBe(201)
    await namespaces.change('team', { archived: false })
    expect((await write(at, 'th_ops')).status).toBe(201)
  })

  it('takes again, as it was, a record that it has, also while its namespace is archived', async () => {
    await using at = await withNamespaces('team')
    const record = {
      thread: 'th_one',
      actor: ADA,
      act: 'DO',
      clock: 0,
      body: { namespace: 'team' },
    }
    const first = (await (await at.post('/v1/records', record)).json()) as Json
    await at.daemon.access.namespaces.change('team', { archived: true })
    const again = await at.post('/v1/records', record)
    expect([again.status, await again.json()]).toEqual([200, first])
  })
})

describe('threads of a namespace', () => {
  it('are those in it and below it, page by page, the newest first', async () => {
    await using at = await withNamespaces('team', 'team/ops', 'team2', 'team-x')
    const places = ['team', 'team2', 'team/ops', 'team-x', undefined, 'team']
    for (const [nth, namespace] of places.entries()) await write(at, `th_${nth}`, namespace)
    expect(await threads(at, 'namespace=team')).toEqual([
      ['th_5', 'team'],
      ['th_2', 'team/ops'],
      ['th_0', 'team'],
    ])
    expect(await threads(at, 'namespace=team2')).toEqual([['th_1', 'team2']])
    expect(await threads(at, 'namespace=default')).toEqual([['th_4', 'default']])
    expect(await threads(at, 'namespace=nowhere')).toEqual([])
    const found: unknown[] = []
    for (let cursor = ''; ;) {
      const answer = await at.get(`/v1/threads?namespace=team&limit=1&cursor=${cursor}`)
      const page = (await answer.json()) as { data: Json[]; has_more: boolean; next_cursor: string }
      found.push(...page.data.map(({ id }) => id))
      if (!page.has_more) break
      cursor = page.next_cursor
    }
    expect(found).toEqual(['th_5', 'th_2', 'th_0'])
    expect((await at.get('/v1/threads?namespace=Team')).status).toBe(400)
  })

  it('are counted with their records', async () => {
    await using at = await withNamespaces('team', 'team/ops')
    await write(at, 'th_one', 'team')
    await write(at, 'th_one')
    await write(at, 'th_two', 'team')
    await write(at, 'th_ops', 'team/ops')
    await write(at, 'th_ops', 'nowhere')
    expect(await sizes(at)).toEqual({ default: [0, 0], team: [2, 3], 'team/ops': [1, 1] })
  })
})

describe('archiving and writing at the same time', () => {
  it('leaves no record after the one that archived', async () => {
    await using at = await withNamespaces('team')
    const { store, access } = at.daemon
    const body = { namespace: 'team' }
    const writes = Array.from({ length: 50 }, (_, nth) =>
      store.append(aDraft({ thread: `th_${nth}`, body })).then(
        ({ record }) => record.seq,
        (error: { code?: string }) => error.code,
      ),
    )
    const archived = access.namespaces.change('team', { archived: true }).then(() => store.head())
    const later = Array.from({ length: 50 }, (_, nth) =>
      store.append(aDraft({ thread: `th_late_${nth}`, body })).then(
        ({ record }) => record.seq,
        (error: { code?: string }) => error.code,
      ),
    )
    const closedAt = await archived
    const outcomes = await Promise.all([...writes, ...later])
    const written = outcomes.filter((one) => typeof one === 'number')
    expect(written.length).toBeGreaterThan(0)
    for (const seq of written) expect(seq).toBeLessThan(closedAt)
    expect(new Set(outcomes.filter((one) => typeof one !== 'number'))).toEqual(
      new Set(['NAMESPACE_REJECTED']),
    )
  })
})

describe('spl verify', () => {
  it('finds every thread and record in the namespace that its records say', async () => {
    await using at = await withNamespaces('team', 'team/ops', 'old')
    const { daemon } = at
    for (const [nth, place] of ['team', 'team/ops', undefined, 'old'].entries()) {
      await write(at, `th_${nth}`, place)
      await write(at, `th_${nth}`)
    }
    await daemon.access.namespaces.change('old', { archived: true })
    const path = daemon.storePath ?? ''
    const { did } = daemon.identity
    const checked = await verifyStore({ path, did, lineage: [] })
    expect(checked).toMatchObject({ complete: true, count: 0 })
    await daemon.access.namespaces.rebuild()
    expect(await verifyStore({ path, did, lineage: [] })).toMatchObject({ count: 0 })
  })

  it.each([
    ['a record', 'UPDATE records SET namespace = 1 WHERE seq = (SELECT max(seq) FROM records)'],
    ['a thread', "UPDATE threads SET namespace = 1 WHERE thread = 'th_team'"],
    ['the counts', 'UPDATE namespace_sizes SET records = records + 1 WHERE namespace > 1'],
    ['a namespace', "UPDATE namespaces SET archived_at = 1 WHERE name = 'team'"],
  ])('tells that %s was changed in the file', async (_, sql) => {
    await using at = await withNamespaces('team')
    const { storePath, identity, store } = at.daemon
    await store.append(aDraft({ thread: 'th_team', body: { namespace: 'team' } }))
    const database = new Database(storePath ?? '')
    database.exec(sql)
    database.close()
    const checked = await verifyStore({ path: storePath ?? '', did: identity.did, lineage: [] })
    expect(checked.count).toBe(1)
    expect(checked.findings[0]?.message).toMatch(/namespace|th_team|team/)
  })

  it('is content with a thread whose first record has lost its body', async () => {
    await using at = await withNamespaces('team')
    const { storePath, identity, store } = at.daemon
    const body = { namespace: 'team', text: 'secret' }
    const { record } = await store.append(aDraft({ thread: 'th_team', body }))
    const principal = { kind: 'owner' } as const
    const why = { principal, reason: 'a secret', requestId: undefined }
    await store.redact(record.id, redactionNote(identity.did, why))
    expect((await write(at, 'th_team', 'team')).status).toBe(201)
    const { did } = identity
    const checked = await verifyStore({ path: storePath ?? '', did, lineage: [] })
    expect(checked).toMatchObject({ complete: true, findings: [] })
  })
})
