import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'

interface Answer {
  readonly data: { readonly id: string; readonly clock: number; readonly body: unknown }[]
  readonly has_more: boolean
  readonly next_cursor: string | null
  readonly plan?: { readonly steps: readonly string[]; readonly looked: number }
}
const BOB = 'did:sync:user:bob'

describe('POST /v1/records/query', () => {
  let at: TestDaemon
  let began: number

  beforeAll(async () => {
    at = await aDaemon()
    const { store } = at.daemon
    began = Date.now()
    for (let n = 0; n < 30; n += 1) {
      const body = { n, text: n % 2 === 0 ? 'Tea & <b>' : 'coffee', deep: { 'a.b': [n] } }
      const actor = n % 3 === 0 ? BOB : ADA
      await store.append(aDraft({ body, actor, thread: n < 20 ? 'th_test' : 'th_other' }))
    }
  })
  afterAll(() => at[Symbol.asyncDispose]())

  async function ask(query: object): Promise<Answer> {
    const response = await at.post('/v1/records/query', query)
    expect(response.status).toBe(200)
    return (await response.json()) as Answer
  }
  const numbers = ({ data }: Answer) => data.map(({ body }) => (body as { n: number }).n)

  it('gives whole records that meet the filter, in order of arrival', async () => {
    const found = await ask({ thread: 'th_test', filter: { 'body.n': { $gte: 17 } } })
    expect(numbers(found)).toEqual([17, 18, 19])
    expect(found).toMatchObject({ object: 'list', has_more: false, next_cursor: null })
    const [first] = found.data
    const same = await at.get(`/v1/records/${first?.id}`)
    expect(first).toEqual(await same.json())
  })

  it.each([
    [{ 'body.deep."a.b"[0]': 7 }, [7]],
    [{ 'body.text': { $ilike: 'TEA%' }, actor: BOB, 'body.n': { $lt: 10 } }, [0, 6]],
    [{ $or: [{ 'body.n': 1 }, { 'body.n': { $in: [2, '3'] } }] }, [1, 2]],
    [{ created_at: { $lt: 1000 } }, []],
    [{ thread: 'th_test', actor: ADA, clock: { $lt: 2 } }, [1, 2]],
  ])('%j', async (filter, expected) => {
    expect(numbers(await ask({ filter }))).toEqual(expected)
  })

  it('finds by the time of arrival, in milliseconds', async () => {
    const filter = { created_at: { $gte: began }, 'body.n': { $exists: true } }
    const { plan, data } = await ask({ filter, explain: true })
    expect(data).toHaveLength(30)
    expect(plan?.steps.join()).toContain('index of times')
  })

  it('finds a record by its id alone', async () => {
    const [one] = (await ask({ filter: { 'body.n': 4 } })).data
    const { data, plan } = await ask({ filter: { id: one?.id }, explain: true })
    expect(data).toEqual([one])
    expect(plan?.looked).toBe(1)
  })

  it('pages in a stable order, without what came after the first page', async () => {
    const query = { filter: { 'body.text': { $exists: true } }, sort: { clock: -1 }, limit: 7 }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Answer = await ask({ ...query, cursor })
      seen.push(...page.data.map(({ id }) => id))
      expect(page.has_more).toBe(page.next_cursor !== null)
      cursor = page.next_cursor
      await at.daemon.store.append(aDraft({ body: { text: 'later' } }))
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(30)
    expect(seen).toHaveLength(30)
  })

  it('refuses the cursor of another query, and one that is made up', async () => {
    const query = { filter: { 'body.n': { $gte: 0 } }, limit: 2 }
    const { next_cursor } = await ask(query)
    for (const wrong of [
      { filter: { 'body.n': { $gte: 1 } }, cursor: next_cursor },
      { ...query, sort: { clock: 1 }, cursor: next_cursor },
      { ...query, cursor: 'made~up' },
    ]) {
      const response = await at.post('/v1/records/query', wrong)
      expect([response.status, (await response.json()) as object]).toEqual([
        400,
        expect.objectContaining({ code: 'INVALID_CURSOR' }),
      ])
    }
  })

  it('says by which index it found records, and how many it looked at', async () => {
    const both = await ask({ filter: { thread: 'th_test', actor: BOB }, explain: true })
    expect(both.plan).toEqual({
      steps: expect.arrayContaining([expect.stringContaining('threads and actors')]),
      looked: both.data.length,
    })
    expect(both.data.length).toBeGreaterThan(0)
    const plain = await ask({ filter: { thread: 'th_test' } })
    expect(plain.plan).toBeUndefined()
  })

  const half = '\ud800'
  it.each([
    [{}, 'EMPTY_QUERY', 'filter'],
    [{ filter: {} }, 'EMPTY_QUERY', 'filter'],
    [{ filter: [] }, 'INVALID_QUERY', 'filter'],
    [{ filter: { sig: 'x' } }, 'INVALID_QUERY', 'filter.sig'],
    [{ filter: { raw: 'x' } }, 'INVALID_QUERY', 'filter.raw'],
    [{ filter: { __proto__: 'x', constructor: 'x' } }, 'INVALID_QUERY', 'filter.constructor'],
    [{ filter: { body: { $exists: true } } }, 'INVALID_QUERY', 'filter.body'],
    [{ filter: { 'body.a..b': 1 } }, 'INVALID_QUERY', 'filter["body.a..b"]'],
    [{ filter: { 'body.a"': 1 } }, 'INVALID_QUERY', 'filter["body.a\\""]'],
    [{ filter: { $where: '1' } }, 'INVALID_QUERY', 'filter["$where"]'],
    [{ filter: { clock: { $regex: '1' } } }, 'INVALID_QUERY', 'filter.clock["$regex"]'],
    [{ filter: { clock: '1' } }, 'INVALID_QUERY', 'filter.clock'],
    [{ filter: { clock: {} } }, 'INVALID_QUERY', 'filter.clock'],
    [{ filter: { thread: { $in: ['th_a', 1] } } }, 'INVALID_QUERY', 'filter.thread["$in"][1]'],
    [{ filter: { 'body.a': { $gt: true } } }, 'INVALID_QUERY', 'filter["body.a"]["$gt"]'],
    [{ filter: { 'body.a': { $like: '\\x' } } }, 'INVALID_QUERY', 'filter["body.a"]["$like"]'],
    [
      { filter: { 'body.a': { $like: '%'.repeat(257) } } },
      'INVALID_QUERY',
      'filter["body.a"]["$like"]',
    ],
    [{ filter: { 'body.a': { $eq: half } } }, 'INVALID_QUERY', 'filter["body.a"]["$eq"]'],
    [{ filter: { [`body.${half}`]: 1 } }, 'INVALID_QUERY', expect.any(String)],
    [{ filter: { $and: [] } }, 'INVALID_QUERY', 'filter["$and"]'],
    [
      { filter: { $or: Array.from({ length: 101 }, (_, n) => ({ clock: n })) } },
      'INVALID_QUERY',
      'filter',
    ],
    [
      { filter: { clock: { $in: Array.from({ length: 1001 }, (_, n) => n) } } },
      'INVALID_QUERY',
      'filter.clock["$in"]',
    ],
    [{ filter: nested(20) }, 'INVALID_QUERY', expect.any(String)],
    [{ filter: { clock: nestedNot(20) } }, 'INVALID_QUERY', expect.any(String)],
    [{ filter: { act: 'DO' }, limit: 1001 }, 'INVALID_REQUEST', 'limit'],
    [{ filter: { act: 'DO' }, sort: { clock: 2 } }, 'INVALID_REQUEST', 'sort.clock'],
    [{ filter: { act: 'DO' }, sort: {} }, 'INVALID_REQUEST', 'sort'],
    [{ filter: { act: 'DO' }, sort: 'created_at' }, 'INVALID_REQUEST', 'sort'],
    [{ filter: { act: 'DO' }, offset: 3 }, 'INVALID_REQUEST', '$'],
  ])('refuses %.60j with a code, the field and what to do next', async (query, code, field) => {
    const response = await at.post('/v1/records/query', query)
    const problem = await response.json()
    expect([response.status, problem]).toEqual([
      400,
      expect.objectContaining({ code, field, try: expect.any(String) }),
    ])
  })

  it('takes eight levels, whatever they consist of, and no more', async () => {
    const filters = (depth: number) => [
      nested(depth - 1),
      nested(depth - 1, (of) => ({ $or: [of] })),
      nested(depth - 1, (of) => ({ $not: of })),
      { clock: nestedNot(depth - 1) },
      nested(depth - 2, (of, at) => (at % 2 === 0 ? { $not: of } : { $and: [of] }), {
        clock: nestedNot(1),
      }),
    ]
    const told = async (filter: object) => {
      const response = await at.post('/v1/records/query', { filter, thread: 'th_q' })
      const { code, message } = (await response.json()) as { code?: string; message?: string }
      return [response.status, code, /nested deeper than 8 levels/u.test(message ?? '')]
    }
    for (const filter of filters(8)) expect(await told(filter)).toEqual([200, undefined, false])
    for (const filter of filters(9))
      expect(await told(filter)).toEqual([400, 'INVALID_QUERY', true])
  })

  it.each([
    ['created_at', 'must be an object, such as {"created_at":-1}'],
    [null, 'must be an object, such as {"created_at":-1}'],
    [{}, 'must name one of clock and created_at, such as {"created_at":-1}'],
    [{ clock: 2 }, 'must be 1 or -1'],
    [{ clock: 'desc' }, 'must be 1 or -1'],
  ])('says of the sort %j what it may be', async (sort, words) => {
    const response = await at.post('/v1/records/query', { filter: { act: 'DO' }, sort })
    expect(await response.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(words),
    })
  })

  function nested(
    levels: number,
    wrap: (of: object, at: number) => object = (of) => ({ $and: [of] }),
    inner: object = { act: 'DO' },
  ): object {
    return levels === 0 ? inner : wrap(nested(levels - 1, wrap, inner), levels)
  }
  function nestedNot(levels: number): object {
    return levels === 0 ? { $gt: 1 } : { $not: nestedNot(levels - 1) }
  }

  it.each([
    "') OR 1=1 --",
    '"; DROP TABLE records; --',
    '$.a',
    "' UNION SELECT sig FROM records --",
    '\u0000',
    '${1+1}',
    '?1',
    ':name',
    '@name',
    '%',
  ])('takes %j as data: in a name, a value and a pattern', async (text) => {
    const name = `body.${JSON.stringify(text)}`
    const { record } = await at.daemon.store.append(aDraft({ body: { [text]: text } }))
    const pattern = text.replaceAll(/[\\%_]/gu, String.raw`\$&`)
    for (const filter of [
      { [name]: text },
      { [name]: { $in: [text, 'x'] } },
      { [name]: { $gte: text, $lte: text } },
      { [name]: { $like: pattern } },
      { [name]: { $exists: true } },
    ]) {
      expect((await ask({ filter })).data.map(({ id }) => id)).toEqual([record.id])
    }
    const none = await ask({ filter: { 'body.text': text, actor: text, thread: text } })
    expect(none.data).toEqual([])
    expect((await at.get('/v1/threads')).status).toBe(200)
  })

  it('needs a bearer that may read', async () => {
    const token = await at.tokenWith('records:write')
    const headers = { authorization: `Bearer ${token}` }
    const response = await at.post('/v1/records/query', { filter: { act: 'DO' } }, headers)
    expect(response.status).toBe(403)
  })

  it('works on a store in memory too', async () => {
    await using memory = await aDaemon({ memory: true })
    await memory.daemon.store.append(aDraft({ body: { n: 1 } }))
    const response = await memory.post('/v1/records/query', { filter: { 'body.n': 1 } })
    expect(((await response.json()) as Answer).data).toHaveLength(1)
  })
})
