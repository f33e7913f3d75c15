import { describe, expect, test } from 'vitest'
import { aDraft } from '../../daemon/a-daemon.ts'
import { until } from '../../gateway/until.ts'
import { HOPS, type BrowserStage } from '../a-browser-stage.ts'
import type { SeenStream } from '../open-page.ts'

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

    test('is not given to a page that may not call, whatever it shows', async () => {
      await assertRefused(await stage().other.fetchEvents(feed(), { headers: headers() }))
      await assertRefused(await stage().other.eventSource(feed(`&ticket=${await aTicket()}`)))
    })
  })
}
