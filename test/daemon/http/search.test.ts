import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, aDaemon, aDraft, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { until } from '../../support/until.ts'

interface Answer {
  readonly data: {
    readonly id: string
    readonly body: { readonly n: number }
    readonly matches: readonly { readonly field: string; readonly snippet: string }[]
  }[]
  readonly has_more: boolean
  readonly next_cursor: string | null
  readonly index: {
    readonly indexed_to: string
    readonly behind: number
    readonly complete: boolean
  }
}

const BOB = 'did:sync:user:bob'
const TEXTS = [
  'Grüße aus der STRASSE',
  'see example.com/a?b=c for "more"',
  '上海的茶很好喝',
  'tea 🍵 and 👩‍👧',
  'a AND b NOT NEAR(c) * -d ^e col:umn',
  'cafe\u0301 au lait',
  'one\u0000two \u001b[31mred',
  "it's; DROP TABLE records --",
  'ends with a quote "',
  '한국어 text',
]

describe('GET /v1/search', () => {
  let at: TestDaemon

  beforeAll(async () => {
    at = await aDaemon()
    for (const [n, text] of TEXTS.entries()) {
      const actor = n % 2 === 0 ? ADA : BOB
      await at.daemon.store.append(aDraft({ body: { n, deep: [{ 'a.b': text }] }, actor }))
    }
    await at.daemon.store.append(
      aDraft({ thread: 'th_goal', act: 'INTEND', body: { n: 10, goal: 'Brew the oolong' } }),
    )
  })
  afterAll(() => at[Symbol.asyncDispose]())

  async function search(q: string, more: Record<string, string> = {}): Promise<Answer> {
    const response = await at.get(`/v1/search?${new URLSearchParams({ q, ...more })}`)
    expect(response.status).toBe(200)
    return (await response.json()) as Answer
  }
  const numbers = ({ data }: Answer) => data.map(({ body }) => body.n)

  const CASES: readonly (readonly [string, readonly number[]])[] = [
    // What other programs took for syntax, or did not find.
    ['example.com', [1]],
    ['example.com/a?b=c', [1]],
    ['"more"', [1]],
    ['"', [8, 1]],
    ['""', []],
    ['AND', [4, 3]],
    ['NOT NEAR(c)', [4]],
    ['NEAR(', [4]],
    ['*', [4]],
    ['-d', [4]],
    ['^e', [4]],
    ['col:umn', [4]],
    ["it's;", [7]],
    ['TABLE records', [7]],
    ['"DROP TABLE"', [7]],
    ['"TABLE DROP"', []],
    ['上海', [2]],
    ['茶', [2]],
    ['海的茶', [2]],
    ['上茶', []],
    ['🍵', [3]],
    ['👩‍👧', [3]],
    ['한국', [9]],
    ['\u1112\u1161\u11ab국', [9]],
    ['grüsse', [0]],
    ['gru\u0308ße straße', [0]],
    ['GRÜẞE', [0]],
    ['STRAẞE', [0]],
    ['grusse', []],
    ['café', [5]],
    ['cafe', []],
    ['one\u0000two', [6]],
    ['\u001b[31m', [6]],
    ['OOLONG', [10]],
    ['deep', []],
    ['xyzzy', []],
    ['a.b', []],
  ]

  it.each(CASES)('%j while nothing is indexed', async (q, expected) => {
    expect(numbers(await search(q))).toEqual(expected)
  })

  it('says how far the index is', async () => {
    const early = await search('oolong')
    expect(early.index).toMatchObject({ complete: true })
    await until('all is indexed', () => at.daemon.store.searchIndex.status.state === 'ready')
    const { record } = await at.daemon.store.append(aDraft({ body: { n: 11, text: 'just now' } }))
    const late = await search('just now')
    expect(numbers(late)).toEqual([11])
    expect(late.index).toMatchObject({ behind: 1, complete: true })
    const head = at.daemon.store.cursorAt(record.seq - 1)
    expect(late.index.indexed_to).toBe(head)
  })

  it.each(CASES)('%j once all is indexed', async (q, expected) => {
    expect(numbers(await search(q))).toEqual(expected)
  })

  it('gives whole records, with where the words are', async () => {
    const { data } = await search('nicht-da')
    expect(data).toEqual([])
    const [first] = (await search('strasse grüsse')).data
    const same = (await (await at.get(`/v1/records/${first?.id}`)).json()) as object
    const matches = [{ field: 'body.deep[0]."a.b"', snippet: 'Grüße aus der STRASSE' }]
    expect(first).toEqual({ ...same, matches })
  })

  it('cuts long texts around the word, between letters', async () => {
    const text = `${'🍵'.repeat(100)}needle${'茶'.repeat(200)}`
    await at.daemon.store.append(aDraft({ body: { n: 12, text }, thread: 'th_long' }))
    const [found] = (await search('needle')).data
    const [match] = found?.matches ?? []
    expect(match?.field).toBe('body.text')
    expect(match?.snippet).toMatch(/^…🍵+needle茶+…$/u)
    expect(match?.snippet.length).toBeLessThan(130)
  })

  it('takes threads, actors and namespaces', async () => {
    expect(numbers(await search('a', { thread: 'th_test', actor: BOB }))).not.toContain(10)
    expect(numbers(await search('oolong', { thread: 'th_test' }))).toEqual([])
    expect(numbers(await search('oolong', { thread: 'th_goal', namespace: 'default' }))).toEqual([
      10,
    ])
    expect(numbers(await search('oolong', { namespace: 'none' }))).toEqual([])
    expect(numbers(await search('AND', { actor: ADA }))).toEqual([4])
    expect(numbers(await search('AND', { actor: BOB }))).toEqual([3])
  })

  it('goes on behind a cursor, without what came later', async () => {
    const seen: number[] = []
    let cursor = ''
    do {
      const page: Answer = await search('e', { limit: '2', cursor })
      seen.push(...numbers(page))
      cursor = page.next_cursor ?? ''
      if (seen.length === 2) await at.daemon.store.append(aDraft({ body: { n: 99, text: 'e' } }))
    } while (cursor !== '')
    const all = numbers(await search('e'))
    expect(all[0]).toBe(99)
    expect(seen).toEqual(all.slice(1))
    const { next_cursor: other } = await search('e', { limit: '1' })
    const wrong = await at.get(`/v1/search?q=a&cursor=${encodeURIComponent(other ?? '')}`)
    const problem = (await wrong.json()) as { code: string; try: string }
    expect([wrong.status, problem.code]).toEqual([400, 'INVALID_CURSOR'])
    expect(problem.try).not.toMatch(/filter|sort/u)
  })

  it.each([
    ['no word', ' ', 'has no word'],
    ['nothing', '', 'has no word'],
    ['ten kilobytes', 'x'.repeat(10_000), '10000 characters'],
    ['many words', Array.from({ length: 33 }, (_, n) => n).join(' '), '33 words'],
  ])('refuses %s', async (_what, q, said) => {
    const response = await at.get(`/v1/search?${new URLSearchParams({ q })}`)
    const problem = (await response.json()) as { code: string; message: string; field: string }
    expect([response.status, problem.code, problem.field]).toEqual([400, 'INVALID_SEARCH', 'q'])
    expect(problem.message).toContain(said)
  })

  it.each(['\ud800', 'x\udfff'])('takes %j as what URLs make of it', async (q) => {
    expect((await search(q)).data).toEqual([])
  })

  it('turned off, says how to turn it on', async () => {
    await at.post('/v1/config/search_enabled', { value: false })
    const response = await at.get('/v1/search?q=tea')
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { code: 'SEARCH_OFF', try: expect.stringContaining('search_enabled true') },
    ])
    await at.post('/v1/config/search_enabled', { value: true })
    expect(numbers(await search('oolong'))).toEqual([10])
  })
})
