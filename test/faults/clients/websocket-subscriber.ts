import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Subscription } from '../history.ts'
import type { PublicSide } from '../public-side.ts'
import {
  SUBSCRIBE_PATH,
  seenRecord,
  type Subscriber,
  type SubscriberOptions,
} from './subscriber.ts'

/** What a text message of the feed holds. */
interface FeedMessage {
  readonly event: string
  readonly id?: string
  readonly data: unknown
}

const AGAIN_MS = 100
const HANDSHAKE_MS = 20_000

/** The same over a WebSocket: one JSON text for each event, resumed with `since`. */
export function startWebSocketSubscriber(
  side: PublicSide,
  { name, thread }: SubscriberOptions,
): Subscriber {
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
  let last: string | undefined

  function readOnce(): Promise<void> {
    const query = new URLSearchParams({ ...(thread && { thread }), ...(last && { since: last }) })
    const [field, bearer] = side.authorization
    const url = `ws://localhost:${side.port}${SUBSCRIBE_PATH}?${query}`
    const socket = new WebSocket(url, {
      headers: { [field]: bearer },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
    })
    const leave = () => socket.terminate()
    stopped.signal.addEventListener('abort', leave)
    socket.on('error', () => {})
    socket.on('open', () => (subscription.open = true))
    socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString()
      const { event, id } = JSON.parse(text) as FeedMessage
      if (id === undefined) return
      last = id
      if (event === 'record') subscription.records.push(seenRecord(id, dataOf(text)))
    })
    return new Promise((resolve) => {
      socket.once('close', () => {
        stopped.signal.removeEventListener('abort', leave)
        if (subscription.open && !stopped.signal.aborted) subscription.reconnects += 1
        subscription.open = false
        resolve()
      })
    })
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await readOnce()
      await sleep(AGAIN_MS)
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

/** The text of `data`, the last member, as it lies on the wire: its bytes are compared, not its meaning. */
function dataOf(text: string): string {
  const mark = '"data":'
  return text.slice(text.indexOf(mark) + mark.length, -1)
}
