import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTE_ACCESS } from '../../../protocol/http/route-access.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'
import { EventReader, recordIds } from '../../support/clients/events.ts'

interface TokenList {
  readonly data: readonly { readonly last_used_at: number | null }[]
}

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
  for (const thread of ['th_a', 'th_b', 'th_a']) await at.daemon.store.append(aDraft({ thread }))
  // From then on the list of tokens stays as it is.
  await until('the bearer’s use is noted', async () => {
    const list = (await (await at.get('/v1/tokens')).json()) as TokenList
    return list.data.every(({ last_used_at }) => last_used_at !== null)
  })
})
afterAll(() => at[Symbol.asyncDispose]())

async function refused(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${at.bearer}`, 'content-type': 'application/json' }
  const answer = await fetch(at.base + path, { headers, ...init })
  const { code, field, try: next } = (await answer.json()) as Record<string, string>
  return { status: answer.status, code, field, next }
}

describe('a query parameter that a route does not take', () => {
  it.each([
    ['/v1/threads?limt=5', 'limt', 'Did you mean limit?'],
    ['/v1/sync/changes?thred=th_q', 'thred', 'Did you mean thread?'],
    ['/v1/sync/subscribe?thread_id=th_q', 'thread_id', 'thread'],
    ['/v1/records?thread=th_a&Actor=did:a:b', 'Actor', 'actor'],
    ['/v1/records?thread=th_a&cursor%5B%5D=x', '["cursor[]"]', 'cursor'],
    ['/v1/tokens?service_account=sa_x', 'service_account', 'service_account_id'],
    ['/v1/threads?ticket=spt_x', 'ticket', 'This route takes'],
    ['/v1/identity?x', 'x', 'Leave the query out'],
    ['/health?x=1', 'x', 'Leave the query out'],
  ])('is refused by its name, with what was meant: %s', async (path, field, hint) => {
    const answer = await refused(path)
    expect(answer).toMatchObject({ status: 400, code: 'INVALID_REQUEST', field })
    expect(answer.next).toContain(hint)
  })

  it('that is missing is named, in the words of a query', async () => {
    const headers = { authorization: `Bearer ${at.bearer}` }
    const answer = await fetch(`${at.base}/v1/search`, { headers })
    expect(await answer.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      field: 'q',
      message: 'q: is missing: it must be text, such as tea',
    })
  })

  it.each(Object.keys(ROUTE_ACCESS))('is refused by %s', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    const filled = path.replace('{id}', 'a'.repeat(64)).replace('{key}', 'auth_required')
    const init = method === 'POST' ? { method, body: '{}' } : { method }
    expect(await refused(`${filled}?no_such=1`, init)).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      field: 'no_such',
    })
  })
})

it.each([
  ['/v1/records?thread=th_a&thread=th_b', 'thread'],
  ['/v1/records?thread=th_a&%74hread=th_b', 'thread'],
  ['/v1/sync/changes?limit=1&limit=1', 'limit'],
  ['/v1/threads?cursor=&cursor=', 'cursor'],
])('a parameter that is there twice is refused: %s', async (path, field) => {
  const answer = await refused(path)
  expect(answer).toMatchObject({ status: 400, code: 'INVALID_REQUEST', field })
})

it.each([
  '/v1/threads?cursor=',
  '/v1/records?thread=th_a&cursor=',
  '/v1/threads/th_a/records?cursor=',
  '/v1/tokens?cursor=',
  '/v1/service-accounts?cursor=',
  '/v1/invites?cursor=',
  '/v1/sync/changes?since=',
])('an empty place is the beginning: %s', async (path) => {
  const without = path.replace(/[?&][a-z]+=$/, '')
  expect(await (await at.get(path)).json()).toEqual(await (await at.get(without)).json())
})

/** The records of an event stream up to the live ones. */
async function idsOf(path: string, headers: Record<string, string> = {}): Promise<string[]> {
  const reader = new EventReader(await at.get(path, headers))
  const events = await reader.upTo('ready')
  await reader.cancel()
  return recordIds(events)
}

describe('a client that resumes by its query', () => {
  const seen = async () => {
    const { records } = (await (await at.get('/v1/sync/changes')).json()) as {
      records: { id: string }[]
    }
    const { next_cursor: after } = (await (await at.get('/v1/sync/changes?limit=2')).json()) as {
      next_cursor: string
    }
    return { after, rest: records.slice(2).map(({ id }) => id), all: records.length }
  }

  it.each([
    '/v1/sync/subscribe?lastEventId=',
    '/v1/sync/subscribe?lastEventID=',
    '/v1/sync/changes?feed=continuous&lastEventId=',
    '/v1/sync/subscribe?since=now&lastEventId=',
  ])('goes on after the last event that it names: %s', async (path) => {
    const { after, rest } = await seen()
    expect(await idsOf(path + encodeURIComponent(after))).toEqual(rest)
  })

  it('is held to the header where it sends both', async () => {
    const { after, rest } = await seen()
    const path = '/v1/sync/subscribe?lastEventId=0123456789abcdef:0:000000000000'
    expect(await idsOf(path, { 'last-event-id': after })).toEqual(rest)
  })

  it('begins at the beginning where it has seen nothing', async () => {
    const { all } = await seen()
    expect(await idsOf('/v1/sync/subscribe?lastEventId=')).toHaveLength(all)
  })

  it('is told where its page is no event stream', async () => {
    const { after } = await seen()
    expect(await refused(`/v1/sync/changes?lastEventId=${after}`)).toMatchObject({
      status: 400,
      field: 'lastEventId',
    })
  })
})
