import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { open } from '../../support/clients/send.ts'
import { sha256 } from '../../support/clients/ask.ts'
import type { Subscription } from '../history.ts'
import type { PublicSide } from '../public-side.ts'
import { sequenceOf } from '../checks/sequence-of.ts'

export interface SubscriberOptions {
  readonly name: string
  readonly thread?: string | undefined
  /** Leaves its stream about so often, milliseconds, and resumes. */
  readonly leavesEachMs?: number
}

/** One that follows the feed, until it is stopped. */
export interface Subscriber {
  readonly subscription: Subscription
  stop(): Promise<void>
}

export const SUBSCRIBE_PATH = '/v1/sync/subscribe'
const AGAIN_MS = 100

/**
 * A client of the event stream as a careful program has it: it resumes with the id of the last event whenever
 * the stream ends or breaks, and notes every record that it was told of.
 */
export function startSubscriber(side: PublicSide, options: SubscriberOptions): Subscriber {
  const { name, thread, leavesEachMs } = options
  const subscription: Subscription = {
    name,
    thread,
    after: 0,
    records: [],
    reconnects: 0,
    left: 0,
    open: false,
  }
  side.history.subscriptions.push(subscription)
  const stopped = new AbortController()
  const random = side.random.branch(name)
  let last: string | undefined

  async function readOnce(): Promise<void> {
    const query = thread === undefined ? '' : `?thread=${thread}`
    const resume = last === undefined ? [] : [['last-event-id', last] as const]
    const headers = [side.authorization, ...resume]
    const { request, answer } = open(side.port, { path: SUBSCRIBE_PATH + query, headers })
    const leave = () => request.destroy()
    stopped.signal.addEventListener('abort', leave)
    let own = false
    let leaving: NodeJS.Timeout | undefined
    try {
      const incoming = await answer
      if (incoming.statusCode !== 200) return
      subscription.open = true
      if (leavesEachMs !== undefined) {
        const ms = leavesEachMs * (0.5 + random.next())
        leaving = setTimeout(() => {
          own = true
          subscription.left += 1
          leave()
        }, ms)
      }
      await readEvents(incoming, subscription, (id) => (last = id))
    } catch {
      // Broken: there is nothing to do but to resume.
    } finally {
      clearTimeout(leaving)
      stopped.signal.removeEventListener('abort', leave)
      request.destroy()
      if (subscription.open && !own && !stopped.signal.aborted) subscription.reconnects += 1
      subscription.open = false
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await readOnce()
      await sleep(AGAIN_MS * (0.5 + random.next()))
    }
  }
  const running = run()
  return {
    subscription,
    stop() {
      stopped.abort()
      return running
    },
  }
}

/** Until the stream ends or breaks. */
async function readEvents(
  incoming: IncomingMessage,
  subscription: Subscription,
  onId: (id: string) => void,
): Promise<void> {
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent({ event, id, data }) {
      if (id === undefined) return
      onId(id)
      if (event === 'record') subscription.records.push(seenRecord(id, data))
    },
  })
  for await (const bytes of incoming) parser.feed(decoder.decode(bytes as Buffer, { stream: true }))
}

/** A record as an event tells of it. @param cursor the event's id */
export function seenRecord(cursor: string, data: string): Subscription['records'][number] {
  const seq = sequenceOf(cursor)
  return { seq, id: /^\{"id":"([0-9a-f]{64})"/.exec(data)?.[1] ?? '', sha256: sha256(data) }
}
