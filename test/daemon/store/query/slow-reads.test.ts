import { renameSync } from 'node:fs'
import BetterSqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Condition } from '../../../../local-daemon/store/query/condition.ts'
import { parseFilter } from '../../../../local-daemon/store/query/parse-filter.ts'
import type { RecordQuery } from '../../../../local-daemon/store/query/record-query.ts'
import { runQuery } from '../../../../local-daemon/store/query/run-query.ts'
import { EVERYTHING } from '../../../../local-daemon/store/sight.ts'
import { aDraft } from '../../../support/daemon/a-daemon.ts'
import { aStore, type TestStore } from '../../../support/daemon/a-store.ts'

const MIB = 1024 * 1024

function aQuery(condition: Condition): RecordQuery {
  const order = { by: 'arrival', descending: false, limit: 10, after: undefined } as const
  return { condition, sight: EVERYTHING, upTo: 1_000_000, ...order }
}
/** Compares each character of each body some hundred times. */
const SLOW = aQuery(parseFilter({ 'body.text': { $like: `%${'a_'.repeat(120)}b%` } }))
const FAST = aQuery(parseFilter({ 'body.n': 3 }))
const open = new AbortController().signal

describe('a read that may be slow', () => {
  let at: TestStore

  beforeAll(async () => {
    at = aStore()
    const text = 'a'.repeat(MIB - 1024)
    for (let n = 0; n < 60; n += 1) await at.store.append(aDraft({ body: { n, text } }))
  })
  afterAll(() => at[Symbol.dispose]())

  it('is ended after two seconds, and holds up nothing meanwhile', async () => {
    const began = performance.now()
    let longest = 0
    let last = began
    const ticks = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    await expect(at.store.query(SLOW, { holder: 'one', signal: open })).rejects.toMatchObject({
      code: 'QUERY_TOO_SLOW',
      try: expect.stringContaining('Narrow it'),
    })
    clearInterval(ticks)
    const took = performance.now() - began
    expect(took).toBeGreaterThan(1_900)
    expect(took).toBeLessThan(5_000)
    expect(longest).toBeLessThan(500)
  })

  it('of one caller keeps no other out', async () => {
    const slow = Array.from({ length: 4 }, () =>
      at.store.query(SLOW, { holder: 'one', signal: open }).catch((error: unknown) => error),
    )
    const began = performance.now()
    const { hits } = await at.store.query(FAST, { holder: 'other', signal: open })
    expect(hits).toHaveLength(1)
    // Not behind the four, which take eight seconds.
    expect(performance.now() - began).toBeLessThan(6_000)
    expect((await Promise.all(slow)).every((one) => one instanceof Error)).toBe(true)
  })

  it('ends when its caller leaves, whether it runs or waits', async () => {
    const leaving = new AbortController()
    const left = Array.from({ length: 3 }, () =>
      at.store
        .query(SLOW, { holder: 'one', signal: leaving.signal })
        .catch((error: unknown) => error),
    )
    setTimeout(() => leaving.abort(), 200)
    const began = performance.now()
    await Promise.all(left)
    expect(performance.now() - began).toBeLessThan(1_800)
    const { hits } = await at.store.query(FAST, { holder: 'one', signal: open })
    expect(hits).toHaveLength(1)
  })

  it('is refused when too many of one caller wait', async () => {
    const leaving = new AbortController()
    const many = Array.from({ length: 12 }, () =>
      at.store.query(SLOW, { holder: 'one', signal: leaving.signal }).then(
        () => 'done',
        ({ code }: { code: string }) => code,
      ),
    )
    setTimeout(() => leaving.abort(), 50)
    const codes = await Promise.all(many)
    expect(codes.filter((code) => code === 'QUERY_BUSY')).toHaveLength(3)
  })

  it('tells when the file was replaced, and never reads another one', async () => {
    using lost = aStore()
    await lost.store.append(aDraft({ body: { n: 3 } }))
    expect((await lost.store.query(FAST, { holder: 'one', signal: open })).hits).toHaveLength(1)
    using other = aStore()
    for (let n = 0; n < 5; n += 1) await other.store.append(aDraft({ body: { n: 3, at: n } }))
    other.store.close()
    renameSync(other.path, lost.path)
    await expect(lost.store.query(FAST, { holder: 'one', signal: open })).rejects.toMatchObject({
      code: 'STORE_REPLACED',
    })
  })

  it('sees what was written a moment before', async () => {
    using now = aStore()
    for (let n = 0; n < 50; n += 1) {
      await now.store.append(aDraft({ body: { n } }))
      const query = aQuery(parseFilter({ 'body.n': n }))
      const { hits } = await now.store.query(query, { holder: 'one', signal: open })
      expect(hits).toHaveLength(1)
    }
  })
})

describe('a step of a query', () => {
  /** Milliseconds of its longest steps, and how many it had, until two seconds are over. */
  function steps(path: string, query: RecordQuery) {
    const database = new BetterSqlite(path, { readonly: true })
    const until = performance.now() + 2_000
    const took: number[] = []
    try {
      const running = runQuery(database, query)
      for (;;) {
        const began = performance.now()
        const { done } = running.next()
        took.push(performance.now() - began)
        if (done === true || performance.now() > until) break
      }
    } finally {
      database.close()
    }
    return { longest: Math.max(...took), count: took.length }
  }

  let at: TestStore
  const ids: string[] = []

  beforeAll(async () => {
    at = aStore()
    const text = 'Ärger, '.repeat(MIB / 2 / 8)
    for (let n = 0; n < 120; n += 1) {
      const { record } = await at.store.append(aDraft({ body: { n, text } }))
      ids.push(record.id)
    }
  })
  afterAll(() => at[Symbol.dispose]())

  it.each(['arrival', 'ids', 'actors'] as const)(
    'is short, whatever the size of bodies and however many conditions: found by %s',
    (way) => {
      const many = Array.from({ length: 90 }, (_, n) => ({ 'body.text': { $ilike: `%z${n}` } }))
      const found = {
        arrival: {},
        ids: { id: { $in: ids } },
        actors: { actor: 'did:sync:user:ada' },
      }
      const condition = parseFilter({ ...found[way], $or: many })
      const { longest, count } = steps(at.path, aQuery(condition))
      // Sixty-four of them at once take several seconds.
      expect(count).toBeGreaterThan(3)
      expect(longest).toBeLessThan(1_000)
    },
  )
})
