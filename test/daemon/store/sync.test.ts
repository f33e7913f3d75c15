import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { EventReader, recordIds } from '../../support/clients/events.ts'

let at: TestDaemon
beforeEach(async () => {
  at = await aDaemon()
})
afterEach(async () => {
  await at[Symbol.asyncDispose]()
})

interface ChangesAnswer {
  readonly records: readonly { readonly id: string; readonly record: { readonly clock: number } }[]
  readonly next_cursor: string
  readonly has_more: boolean
}
async function changes(query = ''): Promise<ChangesAnswer> {
  const answer = await at.get(`/v1/sync/changes${query}`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as ChangesAnswer
}
async function append(count: number, thread = 'th_test'): Promise<string[]> {
  const drafts = Array.from({ length: count }, () => at.daemon.store.append(aDraft({ thread })))
  return (await Promise.all(drafts)).map(({ record }) => record.id)
}
async function subscribe(query = '', headers: Record<string, string> = {}): Promise<EventReader> {
  const answer = await at.get(`/v1/sync/subscribe${query}`, headers)
  expect(answer.status).toBe(200)
  return new EventReader(answer)
}

describe('GET /v1/sync/changes', () => {
  it('gives records that a peer can verify', async () => {
    await append(1)
    const { records } = await changes()
    expect(records).toHaveLength(3)
    for (const claim of records) {
      expect(await verifyRecord(claim as never)).toMatchObject({ kind: 'verified', id: claim.id })
    }
  })

  it('pages through all, and its last cursor goes on from there', async () => {
    const ids = await append(5)
    const start = await changes('?limit=2')
    expect(start.has_more).toBe(true)
    const one = await changes(`?since=${start.next_cursor}&limit=3`)
    const two = await changes(`?since=${one.next_cursor}&limit=3`)
    expect([one.has_more, two.has_more]).toEqual([true, false])
    expect([...one.records, ...two.records].map(({ id }) => id)).toEqual(ids)
    expect(await changes(`?since=${two.next_cursor}`)).toEqual({
      records: [],
      next_cursor: two.next_cursor,
      has_more: false,
    })
    const [next] = await append(1)
    const { records } = await changes(`?since=${two.next_cursor}`)
    expect(records.map(({ id }) => id)).toEqual([next])
  })

  it('filters by thread, and its cursor passes the other threads', async () => {
    const [id] = await append(1, 'th_mine')
    await append(3, 'th_other')
    const mine = await changes('?thread=th_mine')
    expect(mine.records.map((record) => record.id)).toEqual([id])
    expect(mine.next_cursor).toBe((await changes()).next_cursor)
  })

  it('has as many as are asked for, more than one page of the store', async () => {
    const ids = await append(1_200)
    const { next_cursor } = await changes('?limit=2')
    const { records, has_more } = await changes(`?since=${next_cursor}&limit=1100`)
    expect(records.map(({ id }) => id)).toEqual(ids.slice(0, 1_100))
    expect(has_more).toBe(true)
  })

  it('feed=longpoll answers at once with what is there', async () => {
    const ids = await append(1)
    const { records } = await changes('?thread=th_test&feed=longpoll')
    expect(records.map(({ id }) => id)).toEqual(ids)
  })

  it('feed=longpoll waits for the thread, not for others', async () => {
    const { next_cursor } = await changes()
    const { commits } = at.daemon.store
    const before = commits.size
    const waiting = changes(`?thread=th_mine&since=${next_cursor}&feed=longpoll`)
    await vi.waitFor(() => expect(commits.size).toBe(before + 1))
    await append(1, 'th_other')
    expect(commits.size).toBe(before + 1)
    const [id] = await append(1, 'th_mine')
    expect((await waiting).records.map((record) => record.id)).toEqual([id])
  })

  it('feed=longpoll ends empty when the daemon stops', async () => {
    const { next_cursor } = await changes()
    const { commits } = at.daemon.store
    const before = commits.size
    const waiting = changes(`?since=${next_cursor}&feed=longpoll`)
    await vi.waitFor(() => expect(commits.size).toBe(before + 1))
    await at.daemon.stop()
    expect((await waiting).records).toEqual([])
  })

  it('feed=longpoll leaves nothing behind when the client goes', async () => {
    const { next_cursor } = await changes()
    const { commits } = at.daemon.store
    const before = commits.size
    const gone = new AbortController()
    const request = fetch(`${at.base}/v1/sync/changes?since=${next_cursor}&feed=longpoll`, {
      headers: { authorization: `Bearer ${at.bearer}` },
      signal: gone.signal,
    })
    await vi.waitFor(() => expect(commits.size).toBe(before + 1))
    gone.abort()
    await expect(request).rejects.toThrow('abort')
    // It may have closed its own half alone: it has two seconds to be found out.
    await vi.waitFor(() => expect(commits.size).toBe(before), { timeout: 5_000 })
  })

  it('feed=continuous is the event stream', async () => {
    const ids = await append(2)
    const answer = await at.get('/v1/sync/changes?thread=th_test&feed=continuous')
    const reader = new EventReader(answer)
    expect(recordIds(await reader.upTo('ready'))).toEqual(ids)
    await reader.cancel()
  })
})

describe('a cursor', () => {
  it.each([
    'x',
    '0',
    'now2',
    '0123456789abcdef:-1',
    '0123456789abcdef:01',
    '0123456789ABCDEF:1',
    '0123456789abcdef:1e3',
  ])('%s that was never given is refused', async (cursor) => {
    for (const path of [
      '/v1/sync/changes?since=',
      '/v1/sync/subscribe?since=',
      '/v1/threads?cursor=',
    ]) {
      const answer = await at.get(path + cursor)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'INVALID_CURSOR' })
    }
  })

  it('of another epoch or of the future is refused, also as Last-Event-ID', async () => {
    const { next_cursor } = await changes()
    const [epoch = '', seq, check] = next_cursor.split(':')
    const other = epoch.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    for (const [cursor, code] of [
      [`${other}:${seq}:${check}`, 'CURSOR_EPOCH_CHANGED'],
      // Of a store that has gone on otherwise from some place before.
      [`${epoch}:${seq}:${'0'.repeat(12)}`, 'CURSOR_EPOCH_CHANGED'],
      [`${epoch}:${Number(seq) + 1}:${check}`, 'CURSOR_FUTURE'],
    ] as const) {
      for (const answer of [
        await at.get(`/v1/sync/changes?since=${cursor}`),
        await at.get('/v1/sync/subscribe', { 'last-event-id': cursor }),
        await at.get(`/v1/records?thread=th_test&cursor=${cursor}`),
      ]) {
        expect(answer.status).toBe(409)
        expect(await answer.json()).toMatchObject({ code, try: expect.any(String) })
      }
    }
  })
})

describe('GET /v1/sync/subscribe', () => {
  it('serves the backlog, says ready, then goes live', async () => {
    const ids = await append(3)
    await append(2, 'th_other')
    const reader = await subscribe('?thread=th_test')
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream')
    expect(reader.response.headers.get('cache-control')).toBe('no-cache, no-transform')
    const backlog = await reader.upTo('ready')
    expect(recordIds(backlog)).toEqual(ids)
    expect(backlog.at(-1)).toMatchObject({ event: 'ready', id: (await changes()).next_cursor })
    await append(1, 'th_other')
    const live = await append(2)
    expect(recordIds([...(await reader.upTo('record')), ...(await reader.upTo('record'))])).toEqual(
      live,
    )
    await reader.cancel()
  })

  it('resumes after Last-Event-ID, which counts more than since', async () => {
    const ids = await append(4)
    const first = await subscribe('?thread=th_test')
    const [one, two] = await first.upTo('ready')
    await first.cancel()
    const since = one !== undefined && 'id' in one ? one.id : ''
    const last = two !== undefined && 'id' in two ? (two.id ?? '') : ''
    const bySince = await subscribe(`?thread=th_test&since=${since}`)
    expect(recordIds(await bySince.upTo('ready'))).toEqual(ids.slice(1))
    const byHeader = await subscribe(`?thread=th_test&since=${since}`, { 'last-event-id': last })
    expect(recordIds(await byHeader.upTo('ready'))).toEqual(ids.slice(2))
    await bySince.cancel()
    await byHeader.cancel()
  })

  it('since=now begins with what comes', async () => {
    await append(2)
    const reader = await subscribe('?since=now')
    expect(recordIds(await reader.upTo('ready'))).toEqual([])
    const live = await append(1)
    expect(recordIds(await reader.upTo('record'))).toEqual(live)
    await reader.cancel()
  })

  it('ends when the client goes, within half a second and without a trace', async () => {
    const before = at.daemon.store.commits.size
    const reader = await subscribe()
    await reader.upTo('ready')
    expect(at.daemon.store.commits.size).toBe(before + 1)
    await reader.cancel()
    await vi.waitFor(() => expect(at.daemon.store.commits.size).toBe(before), { timeout: 3_000 })
  })

  it('ends at once when the tunnel aborts the request', async () => {
    const gone = new AbortController()
    const before = at.daemon.store.commits.size
    const request = new Request('https://spl.example/v1/sync/subscribe', {
      headers: { authorization: `Bearer ${at.bearer}` },
      signal: gone.signal,
    })
    const reader = new EventReader(await at.daemon.app.fetch(request, { via: 'tunnel' }))
    await reader.upTo('ready')
    const next = reader.next()
    gone.abort()
    expect(await next).toBeUndefined()
    expect(at.daemon.store.commits.size).toBe(before)
  })

  it('ends when the daemon stops', async () => {
    const reader = await subscribe()
    await reader.upTo('ready')
    const began = Date.now()
    await at.daemon.stop()
    expect(await reader.next()).toBeUndefined()
    expect(Date.now() - began).toBeLessThan(HTTP_LIMITS.drainMs)
  })

  it('reads the store only as fast as it is read', async () => {
    const text = 'x'.repeat(60_000)
    for (let i = 0; i < 20; i += 1) await at.daemon.store.append(aDraft({ body: { text } }))
    const request = new Request('https://spl.example/v1/sync/subscribe?thread=th_test', {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    const answer = await at.daemon.app.fetch(request, { via: 'tunnel' })
    const reader = answer.body?.getReader()
    await reader?.read()
    const first = await reader?.read()
    const second = await reader?.read()
    // Two records of 60 kB reach the bound of a page; it is handed on in pieces, and nothing more is read ahead.
    expect(first?.value?.length).toBe(HTTP_LIMITS.pieceBytes)
    const page = HTTP_LIMITS.pieceBytes + (second?.value?.length ?? 0)
    expect(page).toBeGreaterThan(120_000)
    expect(page).toBeLessThan(130_000)
    await reader?.cancel()
  })

  it('tells a reader that does not keep up, and lets it resume without loss', async () => {
    const text = 'x'.repeat(1_000_000)
    const request = new Request('https://spl.example/v1/sync/subscribe?since=now', {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    const reader = new EventReader(await at.daemon.app.fetch(request, { via: 'tunnel' }))
    const [ready] = await reader.upTo('ready')
    const ids: string[] = []
    for (let i = 0; i < 6; i += 1) {
      ids.push((await at.daemon.store.append(aDraft({ body: { text } }))).record.id)
    }
    const seen = await reader.upTo('error')
    const last = seen.at(-1)
    if (last === undefined || !('data' in last)) throw new Error('no error event')
    expect(JSON.parse(last.data)).toMatchObject({ object: 'error', code: 'CONSUMER_TOO_SLOW' })
    expect(last.id).toBeUndefined()
    expect(await reader.next()).toBeUndefined()

    const cursor = ready !== undefined && 'id' in ready ? (ready.id ?? '') : ''
    const resumed = await subscribe('', { 'last-event-id': cursor })
    expect(recordIds(await resumed.upTo('ready'))).toEqual(ids)
    await resumed.cancel()
  })

  it('holds a stalled TCP reader to the same bound', { timeout: 60_000 }, async () => {
    const text = 'x'.repeat(1_000_000)
    const reader = await subscribe('?since=now')
    await reader.upTo('ready')
    // The kernel's and the client's buffers take some megabytes before the daemon notices.
    for (let i = 0; i < 40; i += 1) await at.daemon.store.append(aDraft({ body: { text } }))
    const seen = await reader.upTo('error')
    expect(recordIds(seen).length).toBeLessThan(40)
    expect(await reader.next()).toBeUndefined()
  })

  it('sends a comment after each silence, and only then', async () => {
    const request = new Request('https://spl.example/v1/sync/subscribe?since=now', {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    const reader = new EventReader(await at.daemon.app.fetch(request, { via: 'tunnel' }))
    await reader.upTo('ready')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      // Ten minutes of silence: forty heartbeats and no end.
      for (let i = 0; i < 40; i += 1) {
        let seen: unknown
        const next = reader.next().then((event) => (seen = event))
        await vi.advanceTimersByTimeAsync(HTTP_LIMITS.heartbeatMs - 1)
        expect(seen).toBeUndefined()
        await vi.advanceTimersByTimeAsync(1)
        await next
        expect(seen).toEqual({ comment: 'heartbeat' })
      }
      const next = reader.next()
      const [id] = await append(1)
      const event = await next
      expect(recordIds(event === undefined ? [] : [event])).toEqual([id])
    } finally {
      vi.useRealTimers()
    }
    await reader.cancel()
  })
})
