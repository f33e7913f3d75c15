import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STORE_LIMITS } from '../../../local-daemon/store/limits.ts'
import { Feed } from '../../../local-daemon/store/feed/feed.ts'
import { FeedHub } from '../../../local-daemon/store/feed/feed-hub.ts'
import { RecordView } from '../../../local-daemon/store/record-view.ts'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { aStore } from '../../support/daemon/a-store.ts'

/** What may happen to a feed: records are committed, or the reader takes what is there. */
const steps = fc.array(
  fc.oneof(
    fc.record({ append: fc.integer({ min: 1, max: 700 }), other: fc.boolean() }),
    fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 30 },
)

describe('a feed', () => {
  it('has every record after its cursor once, in order, with any interleaving of appends and reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        steps,
        async (backlog, place, filtered, story) => {
          using at = aStore()
          const { store } = at
          const append = (count: number, thread: string) =>
            Promise.all(Array.from({ length: count }, () => store.append(aDraft({ thread }))))
          await append(backlog, 'th_test')

          const after = Math.floor(backlog * place)
          const hub = new FeedHub(store.commits)
          const thread = filtered ? 'th_test' : undefined
          const feed = new Feed({ view: new RecordView(store), hub, after, thread })
          const seen: number[] = []
          let readyAt: number | undefined
          const take = () => {
            const event = feed.take()
            if (event?.type === 'records') seen.push(...event.records.map(({ seq }) => seq))
            if (event?.type === 'ready') readyAt = event.seq
            expect(event?.type).not.toBe('too-slow')
            return event
          }
          for (const step of story) {
            if ('append' in step) await append(step.append, step.other ? 'th_other' : 'th_test')
            else for (let i = 0; i < step.take; i += 1) take()
          }
          while (take() !== undefined);

          expect(feed.phase).toBe('live')
          const expected: number[] = []
          for (let from = after; ;) {
            const page = store.page({ thread }, from, store.head(), 500)
            expected.push(...page.records.map(({ seq }) => seq))
            from = expected.at(-1) ?? from
            if (!page.cut) break
          }
          expect(seen).toEqual(expected)
          expect(readyAt).toBeDefined()
          feed.close()
          expect(hub.size).toBe(0)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('names its phases and says ready once', async () => {
    using at = aStore()
    await Promise.all(Array.from({ length: 600 }, () => at.store.append(aDraft())))
    const feed = new Feed({
      view: new RecordView(at.store),
      hub: new FeedHub(at.store.commits),
      after: 0,
    })
    const seen: string[] = []
    for (let event = feed.take(); event !== undefined; event = feed.take()) {
      seen.push(`${event.type} ${feed.phase}`)
    }
    const last = seen.pop()
    expect([...new Set(seen)]).toEqual(['records backfill', 'records cutover'])
    expect(last).toBe('ready live')
    feed.close()
    expect(feed.phase).toBe('closed')
  })

  it('reads what was committed between its last page and the cutover', async () => {
    using at = aStore()
    await at.store.append(aDraft())
    const hub = new FeedHub(at.store.commits)
    const feed = new Feed({ view: new RecordView(at.store), hub, after: 0 })
    expect(feed.take()).toMatchObject({ type: 'records', records: [{ seq: 1 }] })
    await at.store.append(aDraft())
    await at.store.append(aDraft())
    expect(feed.take()).toMatchObject({ type: 'records', records: [{ seq: 2 }, { seq: 3 }] })
    expect(feed.take()).toEqual({ type: 'ready', seq: 3 })
    expect(feed.take()).toBeUndefined()
    feed.close()
  })

  it('gathers while it reads what a burst left for the cutover', async () => {
    using at = aStore()
    const text = 'x'.repeat(40_000)
    const append = () => at.store.append(aDraft({ body: { text } }))
    const feed = new Feed({
      view: new RecordView(at.store),
      hub: new FeedHub(at.store.commits),
      after: 0,
    })
    await append()
    const seen: unknown[] = []
    const take = () => {
      const event = feed.take()
      seen.push(event?.type === 'records' ? event.records.map(({ seq }) => seq) : event?.type)
    }
    take()
    for (let i = 0; i < 5; i += 1) await append()
    take()
    expect(feed.phase).toBe('cutover')
    await append()
    for (let i = 0; i < 5; i += 1) take()
    expect(seen).toEqual([[1], [2, 3], [4, 5], [6], 'ready', [7], undefined])
    feed.close()
  })

  it('gives a record once, also when it is offered again', async () => {
    using at = aStore()
    const hub = new FeedHub(at.store.commits)
    const feed = new Feed({ view: new RecordView(at.store), hub, after: 0 })
    feed.take()
    const records = [1, 2, 2, 1, 3].map((seq) => ({ seq, id: '', thread: 'th_test', json: '{}' }))
    feed.offer(records)
    const event = feed.take()
    expect(event?.type === 'records' && event.records.map(({ seq }) => seq)).toEqual([1, 2, 3])
    feed.close()
  })

  it('ends with too-slow beyond its bound, and holds nothing then', async () => {
    using at = aStore()
    const hub = new FeedHub(at.store.commits)
    const feed = new Feed({ view: new RecordView(at.store), hub, after: 0 })
    expect(feed.take()).toEqual({ type: 'ready', seq: 0 })
    const waiting = feed.changed(60_000)
    const more = STORE_LIMITS.feedRecords + 1
    await Promise.all(Array.from({ length: more }, () => at.store.append(aDraft())))
    expect(await waiting).toBe(true)
    expect(hub.size).toBe(0)
    expect(feed.take()).toEqual({ type: 'too-slow' })
    expect(feed.take()).toBeUndefined()
    expect(feed.phase).toBe('closed')
  })
})
