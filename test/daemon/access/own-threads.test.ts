import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../../protocol/identity/scopes.ts'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'

/** Threads in which the daemon keeps who may do what, and who did what. */
const OWN = [
  'th_service_accounts',
  'th_engine_config',
  'th_federation_pairs',
  'th_consent',
  'th_namespace_registry',
  'th_audit_impersonation',
  'th_audit_tokens',
]
let at: TestDaemon
let ids: readonly string[]

beforeAll(async () => {
  at = await aDaemon()
  const { store, identity } = at.daemon
  const written: string[] = []
  for (const thread of OWN) {
    await store.append(aDraft())
    const draft = aDraft({ thread, actor: identity.did, body: { secret: 'canary' } })
    written.push((await store.append(draft)).record.id)
  }
  await store.append(aDraft({ thread: 'th_auditing', body: { text: 'not the daemon’s' } }))
  ids = written
})
afterAll(() => at[Symbol.asyncDispose]())

async function asks(scope: Scope, path: string): Promise<{ status: number; text: string }> {
  const authorization = `Bearer ${await at.tokenWith(scope)}`
  const answer = await at.get(path, { authorization })
  const text = (await answer.text()).replaceAll(/"request_id":"[^"]*"/g, '')
  return { status: answer.status, text }
}

describe.each<Scope>(['records:read', 'federation:manage'])('a bearer with %s alone', (scope) => {
  const reads = scope === 'records:read'

  it.runIf(reads)('cannot read a record of the daemon’s threads by its id', async () => {
    const missing = await asks(scope, `/v1/records/${'0'.repeat(64)}`)
    expect(missing.status).toBe(404)
    for (const id of ids) expect(await asks(scope, `/v1/records/${id}`)).toEqual(missing)
  })

  it.runIf(reads)('finds none of these threads, as if they did not exist', async () => {
    const missing = await asks(scope, '/v1/threads/th_nothing/records')
    expect(missing.status).toBe(404)
    for (const thread of OWN) {
      expect(await asks(scope, `/v1/threads/${thread}/records`)).toEqual(missing)
      const { text } = await asks(scope, `/v1/records?thread=${thread}`)
      expect(JSON.parse(text)).toMatchObject({ data: [], has_more: false })
    }
    const { text } = await asks(scope, '/v1/threads?limit=1')
    expect(JSON.parse(text)).toMatchObject({ data: [{ id: 'th_auditing' }], has_more: true })
    const all = JSON.parse((await asks(scope, '/v1/threads')).text) as { data: { id: string }[] }
    expect(all.data.map(({ id }) => id)).toEqual(['th_auditing', 'th_test'])
  })

  it.runIf(reads)('finds none of their records by the daemon as actor', async () => {
    const { did } = at.daemon.identity
    const { text } = await asks(scope, `/v1/records?actor=${encodeURIComponent(did)}`)
    expect(JSON.parse(text)).toMatchObject({ data: [], has_more: false })
  })

  it('sees none of them in the changes, page by page', async () => {
    const threads: string[] = []
    for (let since = ''; ;) {
      const { text } = await asks(scope, `/v1/sync/changes?limit=3&since=${since}`)
      const page = JSON.parse(text) as {
        records: { record: { thread: string } }[]
        has_more: boolean
        next_cursor: string
      }
      expect(page.records.length).toBeGreaterThan(0)
      threads.push(...page.records.map(({ record }) => record.thread))
      since = page.next_cursor
      if (!page.has_more) break
    }
    expect(threads.filter((thread) => thread !== 'th_test')).toEqual(['th_auditing'])
    expect(threads.length).toBeGreaterThan(OWN.length)
  })

  it('sees none of them in an event stream, before it is ready and after', async () => {
    const authorization = `Bearer ${await at.tokenWith(scope)}`
    const leaving = new AbortController()
    const { body } = await fetch(`${at.base}/v1/sync/subscribe`, {
      headers: { authorization },
      signal: leaving.signal,
    })
    let text = ''
    const reading = (async () => {
      for await (const piece of body ?? []) text += Buffer.from(piece).toString()
    })().catch(() => {})
    await until('it is ready', () => text.includes('event: ready'))
    const { store, identity } = at.daemon
    for (const thread of OWN) {
      await store.append(aDraft({ thread, actor: identity.did, body: { secret: 'canary' } }))
    }
    await store.append(aDraft({ body: { text: 'the last one' } }))
    await until('it has the last one', () => text.includes('the last one'))
    leaving.abort()
    await reading
    expect(text).not.toContain('canary')
    for (const thread of OWN) expect(text).not.toContain(thread)
  })

  it('is not woken from its wait by them', async () => {
    const authorization = `Bearer ${await at.tokenWith(scope)}`
    const path = '/v1/sync/changes?since=now&feed=longpoll'
    let answered: { records: unknown[] } | undefined
    const waiting = at.get(path, { authorization }).then(async (answer) => {
      answered = (await answer.json()) as { records: unknown[] }
    })
    const { store, identity } = at.daemon
    const write = (thread: string) => store.append(aDraft({ thread, actor: identity.did }))
    for (let written = 0; written < 20; written += 1) {
      await write('th_audit_tokens')
      await sleep(5)
    }
    await until('it was woken', async () => {
      if (answered === undefined) await write('th_test')
      return answered !== undefined
    })
    await waiting
    expect(answered?.records.length).toBeGreaterThan(0)
    expect(JSON.stringify(answered)).not.toContain('th_audit')
  })
})

describe.each<Scope>(['admin', 'config:read'])('a bearer with %s', (scope) => {
  it('reads them, if it may read records', async () => {
    const request = { name: 'auditor', scopes: ['records:read', scope] as const, actors: [ADA] }
    const { token } = await at.daemon.access.accounts.createWithToken(request, null)
    const authorization = `Bearer ${token}`
    for (const [place, thread] of OWN.entries()) {
      expect((await at.get(`/v1/records/${ids[place] ?? ''}`, { authorization })).status).toBe(200)
      const list = await at.get(`/v1/threads/${thread}/records`, { authorization })
      expect(await list.text()).toContain(thread)
    }
    const changes = await at.get('/v1/sync/changes?limit=500', { authorization })
    const text = await changes.text()
    for (const thread of OWN) expect(text).toContain(`"thread":"${thread}"`)
  })
})
