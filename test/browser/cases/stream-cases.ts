import { describe, expect, test } from 'vitest'
import { aDraft } from '../../support/daemon/a-daemon.ts'
import { pageExample } from '../../support/clients/page-example.ts'
import { until } from '../../support/until.ts'
import { HOPS, type BrowserStage } from '../a-browser-stage.ts'
import { openPage, type OpenPage, type SeenStream } from '../open-page.ts'

/** Event streams, both ways that a page has. */
export function streamCases(stage: () => BrowserStage): void {
  describe.each(HOPS)('an event stream by %s', (hop) => {
    const feed = (query = '') => stage().url(hop, `/v1/sync/subscribe?since=now${query}`)
    const headers = () => ({ authorization: `Bearer ${stage().bearers.reader}` })

    const aTicket = async () => {
      const answer = await stage().allowed.ask(stage().url(hop, '/v1/stream-tickets'), {
        method: 'POST',
        headers: { ...headers(), 'content-type': 'application/json' },
        body: JSON.stringify({ path: '/v1/sync/subscribe' }),
      })
      return (JSON.parse(answer.text) as { ticket: string }).ticket
    }

    /** Each record is seen before the next one is made. */
    const assertLive = async (stream: SeenStream) => {
      const expected = ['ready']
      await until('the stream is ready', async () => (await stream.events()).length === 1)
      for (let count = 0; count < 3; count += 1) {
        const { record } = await stage().daemon().store.append(aDraft())
        expected.push(record.id)
        await until('the record is seen', async () => (await stream.events()).length > count + 1)
      }
      expect(await stream.events()).toEqual(expected)
      await stream.close()
    }

    const assertRefused = async (stream: SeenStream) => {
      await until('it is refused', async () => (await stream.events()).length > 0)
      expect(await stream.events()).toEqual(['error'])
      await stream.close()
    }

    test('by fetch and a bearer', async () => {
      await assertLive(await stage().allowed.fetchEvents(feed(), { headers: headers() }))
    })

    test('by EventSource and a ticket, once', async () => {
      const url = feed(`&ticket=${await aTicket()}`)
      await assertLive(await stage().allowed.eventSource(url))
      await assertRefused(await stage().allowed.eventSource(url))
    })

    test('is not given to an EventSource without a ticket, or one that wants to bring cookies', async () => {
      await assertRefused(await stage().allowed.eventSource(feed()))
      const url = feed(`&ticket=${await aTicket()}`)
      await assertRefused(await stage().allowed.eventSource(url, { withCredentials: true }))
    })

    const follow = (page: OpenPage, more: Readonly<Record<string, string>> = {}) =>
      page.follow(pageExample(), {
        url: stage().url(hop, ''),
        bearer: stage().bearers.reader,
        thread: `th_pages_${hop}`,
        ...more,
      })

    test('is followed by the documented example in seven tabs, and an eighth can still ask', async () => {
      const [context] = stage().browser.contexts()
      if (context === undefined) throw new Error('no context')
      const { origin } = stage().sites.allowed
      const append = async () =>
        (
          await stage()
            .daemon()
            .store.append(aDraft({ thread: `th_pages_${hop}` }))
        ).record.id
      const ids = [await append()]
      const tabs = await Promise.all(Array.from({ length: 7 }, () => openPage(context, origin)))
      const streams = await Promise.all(tabs.map((tab) => follow(tab)))
      const allHave = async () => {
        const seen = await Promise.all(streams.map((one) => one.events()))
        return seen.every(({ length }) => length >= ids.length)
      }
      await until('all have what there is', allHave)
      const path = stage().url(hop, '/v1/threads')
      expect((await stage().allowed.ask(path, { headers: headers() })).outcome).toBe('200')
      ids.push(await append())
      await until('all have what comes', allHave)
      for (const one of streams) expect(await one.events()).toEqual(ids)
      await Promise.all(tabs.map((tab) => tab.close()))
    })

    test('tells the documented example why it is refused, and that the store was restored', async () => {
      const wrong = await follow(stage().allowed, { since: 'nonsense' })
      await until('it has ended', async () => (await wrong.events()).length > 0)
      expect(await wrong.events()).toEqual(['INVALID_CURSOR'])
      const old = await follow(stage().allowed, { since: '0123456789abcdef:9:0123456789ab' })
      await until('it has begun anew', async () => (await old.events()).length > 1)
      expect((await old.events())[0]).toBe('restored')
      await old.close()
    })

    test('is not given to a page that may not call, with any credential', async () => {
      await assertRefused(await stage().other.fetchEvents(feed(), { headers: headers() }))
      await assertRefused(await stage().other.eventSource(feed(`&ticket=${await aTicket()}`)))
    })
  })
}
