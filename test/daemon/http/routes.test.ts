import { ROUTE_ACCESS } from '../../../protocol/http/route-access.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyRecord } from '../../../protocol/records/record-signature.ts'
import { aDaemon, overSocket, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let at: TestDaemon
beforeAll(async () => {
  at = await aDaemon()
})
afterAll(() => at[Symbol.asyncDispose]())

const ADA = 'did:sync:user:ada'
function tea(given: Record<string, unknown> = {}) {
  return { thread: 'th_tea', actor: ADA, act: 'INTEND', body: { goal: 'tea' }, clock: 0, ...given }
}

describe('GET /health', () => {
  it('is open and tells version and identity, nothing else', async () => {
    const answer = await fetch(`${at.base}/health`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      status: 'ok',
      version: '0.1.0',
      instance_did: at.daemon.identity.did,
    })
  })

  it('answers HEAD without a body', async () => {
    const length = (await fetch(`${at.base}/health`)).headers.get('content-length')
    const answer = await fetch(`${at.base}/health`, { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(answer.headers.get('content-length')).toBe(length)
  })
})

describe('POST /v1/records', () => {
  it('appends, signs and answers 201 with the flat form', async () => {
    const answer = await at.post('/v1/records', tea())
    const { object, id, origin, sig, ...record } = (await answer.json()) as Record<string, unknown>
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe(`/v1/records/${String(id)}`)
    expect(object).toBe('record')
    expect(origin).toBe(at.daemon.identity.did)
    expect(record).toEqual({ ...tea(), parents: [], data_type: 'SCALAR', judged_by: null })
    expect(await verifyRecord({ id, record, origin, sig })).toMatchObject({ kind: 'verified', id })
  })

  it('answers 200 with the same record when it comes again', async () => {
    const first = await at.post('/v1/records', tea({ clock: 50 }))
    const again = await at.post('/v1/records', tea({ clock: 50 }))
    expect([first.status, again.status]).toEqual([201, 200])
    expect(await again.json()).toEqual(await first.json())
  })

  it('leaves judged_by out of the identity', async () => {
    const judged_by = 'ab'.repeat(32)
    const first = await at.post('/v1/records', tea({ clock: 51, judged_by }))
    const again = await at.post('/v1/records', tea({ clock: 51 }))
    expect(again.status).toBe(200)
    expect(await again.json()).toMatchObject({ judged_by })
    expect(first.status).toBe(201)
  })

  it('takes the next clock of thread and actor when none is named', async () => {
    const { clock: _, ...clockless } = tea({ thread: 'th_clocks' })
    const clocks: unknown[] = []
    for (let i = 0; i < 3; i += 1) {
      clocks.push(((await (await at.post('/v1/records', clockless)).json()) as Clocked).clock)
    }
    await at.post('/v1/records', { ...clockless, clock: 9 })
    clocks.push(((await (await at.post('/v1/records', clockless)).json()) as Clocked).clock)
    expect(clocks).toEqual([0, 1, 2, 10])
  })

  it('refuses another record with a clock that is taken', async () => {
    await at.post('/v1/records', tea({ clock: 60 }))
    const answer = await at.post('/v1/records', tea({ clock: 60, body: { goal: 'coffee' } }))
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({
      object: 'error',
      code: 'CLOCK_CONFLICT',
      field: 'clock',
      hop: 'daemon',
      try: expect.stringContaining('clock'),
    })
  })

  it('works over the socket without a bearer', async () => {
    const body = JSON.stringify(tea({ thread: 'th_socket' }))
    const { socket } = at.daemon.addresses
    const answer = await overSocket(socket, '/v1/records', { method: 'POST', body })
    expect(answer.status).toBe(201)
  })

  it('keeps every byte of a body that JSON can carry', async () => {
    const body = `{"__proto__":{"x":1},"a\\u2028b":"\\ud83c\\udf75 \\u0000","n":1e21,"deep":[[{}]]}`
    const text = `{"thread":"th_bytes","actor":"${ADA}","act":"DO","clock":0,"body":${body}}`
    const answer = await at.post('/v1/records', text)
    const { id } = (await answer.json()) as { id: string }
    const read = JSON.parse(await (await at.get(`/v1/records/${id}`)).text()) as { body: unknown }
    expect(JSON.stringify(read.body)).toBe(
      JSON.stringify(sorted(JSON.parse(body) as Record<string, unknown>)),
    )
  })
})

describe('reading records', () => {
  it('GET /v1/records/:id gives the record', async () => {
    const posted = (await (await at.post('/v1/records', tea({ clock: 70 }))).json()) as {
      id: string
    }
    expect(await (await at.get(`/v1/records/${posted.id}`)).json()).toEqual(posted)
  })

  it('lists by thread, by actor and by both, in order of arrival, page by page', async () => {
    const [thread, other] = ['th_list', 'th_list_other']
    const [bob, eve] = ['did:sync:user:bob', 'did:sync:user:eve']
    const ids: string[] = []
    for (const [clock, actor, on] of [
      [0, bob, thread],
      [0, eve, thread],
      [1, bob, thread],
      [0, bob, other],
      [2, bob, thread],
    ] as const) {
      const answer = await at.post('/v1/records', tea({ clock, actor, thread: on }))
      ids.push(((await answer.json()) as { id: string }).id)
    }
    const pick = (...at: number[]) => at.map((index) => ids[index])
    expect(await pages(`/v1/records?thread=${thread}`, 2)).toEqual(pick(0, 1, 2, 4))
    expect(await pages(`/v1/records?actor=${bob}`, 1)).toEqual(pick(0, 2, 3, 4))
    expect(await pages(`/v1/records?actor=${bob}&thread=${thread}`, 3)).toEqual(pick(0, 2, 4))
    expect(await pages(`/v1/threads/${thread}/records`, 4)).toEqual(pick(0, 1, 2, 4))
    expect(await pages('/v1/records?thread=th_nothing_here', 5)).toEqual([])
  })

  it('streams a list that is larger than one page of the store, whole', async () => {
    const text = 'x'.repeat(50_000)
    for (let clock = 0; clock < 12; clock += 1) {
      await at.daemon.store.append({
        ...tea({ thread: 'th_large', clock }),
        act: 'DO',
        body: { text },
        parents: [],
        data_type: 'SCALAR',
        judged_by: null,
        actor: ADA,
        thread: 'th_large',
      })
    }
    const answer = await at.get('/v1/records?thread=th_large&limit=11')
    const { data, has_more } = (await answer.json()) as ListOf<Clocked & { body: { text: string } }>
    expect(data.map(({ clock }) => clock)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(data.every(({ body }) => body.text === text)).toBe(true)
    expect(has_more).toBe(true)
  })
})

describe('an answer through the tunnel', () => {
  it('has the same bytes as over TCP, and states their length', async () => {
    const posted = await at.post('/v1/records', tea({ clock: 80, body: { goal: 'té 🍵' } }))
    const { id } = (await posted.json()) as { id: string }
    const overTcp = await (await at.get(`/v1/records/${id}`)).text()
    const request = new Request(`https://spl.example/v1/records/${id}`, {
      headers: { authorization: `Bearer ${at.bearer}` },
    })
    const answer = await at.daemon.app.fetch(request, { via: 'tunnel' })
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(overTcp)))
    expect(await answer.text()).toBe(overTcp)
  })
})

describe('GET /v1/threads', () => {
  it('lists threads, the newest first, page by page', async () => {
    await at.post('/v1/records', tea({ thread: 'th_one', clock: 0 }))
    await at.post('/v1/records', tea({ thread: 'th_two', act: 'DO', body: {}, clock: 0 }))
    await at.post('/v1/records', tea({ thread: 'th_two', body: { goal: 'late' }, clock: 1 }))
    await at.post('/v1/records', tea({ thread: 'th_one', body: { goal: 'not' }, clock: 1 }))
    const first = (await (await at.get('/v1/threads?limit=1')).json()) as ListOf<unknown>
    const rest = await at.get(`/v1/threads?limit=1&cursor=${first.next_cursor}`)
    const [two] = first.data
    const [one] = ((await rest.json()) as ListOf<unknown>).data
    expect(two).toMatchObject({ id: 'th_two', records: 2, first_act: 'DO', goal: 'late' })
    expect(one).toMatchObject({ id: 'th_one', records: 2, first_act: 'INTEND', goal: 'tea' })
  })
})

describe('GET /openapi.json', () => {
  it('describes every route', async () => {
    const document = (await (await at.get('/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, object>
    }
    expect(document.openapi).toBe('3.1.0')
    const described = Object.entries(document.paths).flatMap(([path, on]) =>
      Object.keys(on).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual(Object.keys(ROUTE_ACCESS).toSorted())
  })
})

describe('every answer', () => {
  it.each(['/health', '/v1/threads', '/v1/records/nope', '/nope', '/v1/sync/changes?since=x'])(
    '%s has a request id and may not be cached or sniffed',
    async (path) => {
      const [one, two] = [await at.get(path), await at.get(path)]
      expect(one.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(one.headers.get('x-request-id')).not.toBe(two.headers.get('x-request-id'))
      expect(one.headers.get('cache-control')).toBe('private, no-store')
      expect(one.headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  it('carries the request id of its facts, and errors carry it in the envelope too', async () => {
    const facts = { via: 'tunnel', requestId: 'req-7' } as const
    const health = await at.daemon.app.fetch(new Request('https://spl.example/health'), facts)
    expect(health.headers.get('x-request-id')).toBe('req-7')
    const refused = await at.daemon.app.fetch(new Request('https://spl.example/v1/threads'), facts)
    expect(await refused.json()).toMatchObject({ code: 'AUTH_REQUIRED', request_id: 'req-7' })
  })
})

interface Clocked {
  readonly clock: number
}
interface ListOf<Item> {
  readonly object: 'list'
  readonly data: readonly Item[]
  readonly has_more: boolean
  readonly next_cursor: string
}

/** All ids of a list, read in pages of `limit`. */
async function pages(path: string, limit: number): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  for (;;) {
    const query = `${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`
    const answer = await at.get(path + query)
    expect(answer.status).toBe(200)
    const list = (await answer.json()) as ListOf<{ id: string }>
    expect(list.data.length).toBeLessThanOrEqual(limit)
    ids.push(...list.data.map(({ id }) => id))
    if (!list.has_more) return ids
    cursor = `&cursor=${list.next_cursor}`
  }
}

/** As canonical JSON orders keys, at the top. */
function sorted(object: Record<string, unknown>) {
  const keys = Object.keys(object).toSorted()
  const copy = Object.create(null) as Record<string, unknown>
  for (const key of keys) copy[key] = object[key]
  return copy
}
