import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInNamespace } from '../../../protocol/identity/namespace-name.ts'
import { isWithinReach, parseReach, type Reach } from '../../../protocol/identity/reach.ts'
import { RecordView } from '../../../local-daemon/store/record-view.ts'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { readExport } from '../../support/records/read-export.ts'
import { until } from '../../support/until.ts'

const BOB = 'did:sync:user:bob'
/** Threads by namespace; names that begin alike are others. */
const THREADS: Readonly<Record<string, string>> = {
  th_team: 'team',
  th_ops: 'team/ops',
  th_ci: 'team/ops/ci',
  th_ops2: 'team/ops2',
  th_two: 'team2',
  th_plain: 'default',
}
const NAMESPACES = [...new Set(Object.values(THREADS)), 'nothing']
const REACHES = [undefined, ['team/ops'], ['team2', 'th_ci'], ['th_ops', 'th_plain', 'th_none']]

interface Written {
  readonly id: string
  readonly thread: string
  readonly actor: string
}
const written: Written[] = []
let at: TestDaemon

beforeAll(async () => {
  at = await aDaemon()
  for (const name of ['team', 'team/ops', 'team/ops/ci', 'team/ops2', 'team2']) {
    await at.daemon.access.namespaces.create(name, null)
  }
  for (let round = 0; round < 4; round += 1) {
    for (const thread of Object.keys(THREADS)) await write(thread, round % 2 === 0 ? ADA : BOB)
  }
})
afterAll(() => at[Symbol.asyncDispose]())

async function write(thread: string, actor = ADA): Promise<string> {
  const draft = aDraft({ thread, actor, body: { namespace: THREADS[thread] ?? 'default' } })
  const { id } = (await at.daemon.store.append(draft)).record
  written.push({ id, thread, actor })
  return id
}

/** A bearer's header, which reaches these places. */
async function bearer(entries: readonly string[] | undefined): Promise<Record<string, string>> {
  if (entries === undefined) return { authorization: `Bearer ${at.bearer}` }
  const request = { name: 'x', scopes: ['records:read' as const], reach: parseReach(entries) }
  const { token } = await at.daemon.access.accounts.createWithToken(request, null)
  return { authorization: `Bearer ${token}` }
}

/** What is in a namespace and below it, and within a reach. */
function due(namespace: string, entries: readonly string[] | undefined): readonly Written[] {
  const reach: Reach | undefined = entries && parseReach(entries)
  return written.filter(({ thread }) => {
    const place = THREADS[thread] ?? ''
    if (!isInNamespace(place, namespace)) return false
    return reach === undefined || isWithinReach(reach, thread, place)
  })
}
const idsOf = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id)

interface Page {
  readonly data?: readonly { readonly id: string }[]
  readonly records?: readonly { readonly id: string }[]
  readonly has_more: boolean
  readonly next_cursor: string
}

/** Every id, page by page; `cursor` is what a list calls its place. */
async function pages(path: string, cursor: string, headers: Record<string, string>) {
  const ids: string[] = []
  let place = ''
  for (;;) {
    const page = (await (await at.get(`${path}&limit=3${place}`, headers)).json()) as Page
    const part = idsOf(page.data ?? page.records ?? [])
    expect(part.length).toBeLessThanOrEqual(3)
    ids.push(...part)
    if (!page.has_more) return { ids, last: page.next_cursor }
    place = `&${cursor}=${page.next_cursor}`
  }
}

describe.each(REACHES.map((entries) => ({ entries })))('by who reaches $entries', ({ entries }) => {
  it.each(NAMESPACES)('records and changes of %s, in pages, are its own in order', async (name) => {
    const headers = await bearer(entries)
    const ids = idsOf(due(name, entries))
    expect((await pages(`/v1/records?namespace=${name}`, 'cursor', headers)).ids).toEqual(ids)
    expect((await pages(`/v1/sync/changes?namespace=${name}`, 'since', headers)).ids).toEqual(ids)
    for (const actor of [ADA, BOB]) {
      const path = `/v1/records?namespace=${name}&actor=${actor}`
      const his = due(name, entries).filter((one) => one.actor === actor)
      expect((await pages(path, 'cursor', headers)).ids).toEqual(idsOf(his))
    }
    for (const thread of Object.keys(THREADS)) {
      const path = `/v1/records?namespace=${name}&thread=${thread}`
      const its = due(name, entries).filter((one) => one.thread === thread)
      expect((await pages(path, 'cursor', headers)).ids).toEqual(idsOf(its))
    }
  })

  it.each(NAMESPACES)(
    'an export of %s is the same, signed, and says what it is of',
    async (name) => {
      const headers = { ...(await bearer(entries)), accept: 'application/x-ndjson' }
      const text = await (await at.get(`/v1/sync/changes?namespace=${name}`, headers)).text()
      const { faults, ids } = await readExport(text)
      expect([faults, ids]).toEqual([[], idsOf(due(name, entries))])
      const { query } = JSON.parse(text.slice(0, text.indexOf('\n'))) as {
        query: { own_threads: boolean; reach: string[] }
      }
      expect(query.own_threads).toBe(false)
      // No wider than either of the two.
      for (const place of query.reach) {
        const isThread = place.startsWith('th_')
        expect(isInNamespace(isThread ? (THREADS[place] ?? '') : place, name)).toBe(true)
      }
    },
  )
})

describe('a namespace in a list', () => {
  it('that does not exist or is out of reach is empty alike', async () => {
    const headers = await bearer(['team/ops'])
    for (const path of ['/v1/records?', '/v1/sync/changes?', '/v1/threads?']) {
      const told = async (name: string) =>
        (await at.get(`${path}namespace=${name}`, headers)).text()
      const nothing = await told('nothing')
      expect(await told('team2')).toBe(nothing)
      expect(await told('default')).toBe(nothing)
    }
  })

  it.each(['Team', 'team/', '/team', 'a/b/c/d/e', 'th..', ''])('is no %j', async (name) => {
    for (const path of ['/v1/records', '/v1/sync/changes', '/v1/sync/subscribe', '/v1/threads']) {
      const answer = await at.get(`${path}?namespace=${encodeURIComponent(name)}`)
      expect([path, answer.status]).toEqual([path, 400])
      expect(await answer.json()).toMatchObject({ code: 'INVALID_REQUEST', field: 'namespace' })
    }
  })

  it('or a thread or an actor must be named to list records', async () => {
    const answer = await at.get('/v1/records')
    expect(await answer.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('namespace'),
    })
  })

  it('wakes a long poll by what comes into it, and by nothing else', async () => {
    const headers = await bearer(undefined)
    const path = '/v1/sync/changes?namespace=team/ops&since=now&feed=longpoll'
    let page: Page | undefined
    const idle = at.daemon.store.commits.size
    const waiting = at.get(path, headers).then(async (answer) => {
      page = (await answer.json()) as Page
    })
    await until('it is there or woken', async () => {
      for (const thread of ['th_team', 'th_ops2', 'th_two']) await write(thread)
      return at.daemon.store.commits.size > idle
    })
    expect(page).toBeUndefined()
    let last = ''
    await until('it was woken', async () => {
      if (page === undefined) last = await write('th_ci')
      return page !== undefined
    })
    await waiting
    expect(last).not.toBe('')
    const all = idsOf(page?.records ?? [])
    expect(all.length).toBeGreaterThan(0)
    for (const id of all) expect(written.find((one) => one.id === id)?.thread).toBe('th_ci')
  })

  it('is followed as an event stream: what was and what comes, each once', async () => {
    const leaving = new AbortController()
    const { body } = await fetch(`${at.base}/v1/sync/subscribe?namespace=team/ops`, {
      headers: await bearer(undefined),
      signal: leaving.signal,
    })
    let text = ''
    const reading = (async () => {
      for await (const piece of body ?? []) text += Buffer.from(piece).toString()
    })().catch(() => {})
    await until('it is ready', () => text.includes('event: ready'))
    for (const thread of ['th_team', 'th_ops2', 'th_ops', 'th_two']) await write(thread)
    const last = await write('th_ci')
    await until('the last one came', () => text.includes(last))
    leaving.abort()
    await reading
    const ids = [...text.matchAll(/^data: {"id":"([0-9a-f]{64})"/gm)].map(([, id]) => id)
    expect(ids).toEqual(idsOf(due('team/ops', undefined)))
  })

  it('makes another group than a reach of the same: their cursors differ', () => {
    const { store } = at.daemon
    const reach = parseReach(['team'])
    const asked = new RecordView(store).within('team')
    const bound = new RecordView(store, { withoutOwn: true, reach })
    expect(asked.cursorAt(1)).not.toBe(bound.cursorAt(1))
    expect(asked.key).not.toBe(bound.key)
    expect(new RecordView(store).within('team').key).toBe(asked.key)
    expect(bound.within('team').key).toBe(bound.key)
    expect(new Set(['team', 'team/ops', 'nothing'].map((one) => bound.within(one).key)).size).toBe(
      3,
    )
  })
})
