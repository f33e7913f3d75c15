import { GRANT_ENDS } from '../access/authorise.ts'
import type { GrantEnd } from '../access/bearer.ts'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { formatCursor } from '../store/cursor.ts'
import type { Feed, FeedEvent } from '../store/feed.ts'
import { problemOf } from './answer.ts'
import { onAbort } from './on-abort.ts'

/** A comment: keeps proxies from closing a silent stream and shows a dead connection. */
const HEARTBEAT = ': heartbeat\n\n'
/** Sent at once, so that the answer's head leaves; clients wait this long before they resume. */
const OPENING = 'retry: 1000\n\n'

/**
 * A feed as server-sent events. Only whole events are handed on, and only when the reader asks: nothing
 * waits here, the feed's own bound holds. Ends when the feed closes or one of `signals` aborts, and with a
 * last event when what the reader was granted ends.
 */
export function eventStream(
  feed: Feed,
  epoch: string,
  signals: readonly AbortSignal[],
  watchGrant: (ended: (code: GrantEnd) => void) => () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let opened = false
  let farewell: string | undefined
  let leaveSignals: (() => void) | undefined

  async function nextText(): Promise<string | undefined> {
    if (!opened) {
      opened = true
      // Not before: the answer to HEAD is never read, and nothing would tell that it ended.
      const unwatch = watchGrant((code) => {
        farewell = `event: error\ndata: ${endedText(code)}\n\n`
        feed.close()
      })
      const leave = onAbort(signals, () => feed.close())
      leaveSignals = () => {
        leave()
        unwatch()
      }
      return OPENING
    }
    for (;;) {
      if (feed.phase === 'closed') {
        const last = farewell
        farewell = undefined
        return last
      }
      const event = feed.take()
      if (event !== undefined) return formatEvent(event, epoch)
      if (!(await feed.changed(DAEMON_LIMITS.heartbeatMs))) return HEARTBEAT
    }
  }

  return new ReadableStream(
    {
      async pull(controller) {
        const text = await nextText()
        if (text !== undefined) return controller.enqueue(encoder.encode(text))
        leaveSignals?.()
        controller.close()
      },
      cancel() {
        leaveSignals?.()
        feed.close()
      },
    },
    // Counted in chunks: with zero, a page is read when it is asked for and not before.
    { highWaterMark: 0 },
  )
}

function formatEvent(event: FeedEvent, epoch: string): string {
  if (event.type === 'ready') {
    const cursor = formatCursor(epoch, event.seq)
    return `id: ${cursor}\nevent: ready\ndata: {"cursor":"${cursor}"}\n\n`
  }
  if (event.type === 'too-slow') return `event: error\ndata: ${TOO_SLOW}\n\n`
  let text = ''
  for (const { seq, json } of event.records) {
    text += `id: ${formatCursor(epoch, seq)}\nevent: record\ndata: ${json}\n\n`
  }
  return text
}

const TOO_SLOW = JSON.stringify(
  problemOf('CONSUMER_TOO_SLOW', 'The stream was not read as fast as records came', {
    try: 'Connect again with the last event id as Last-Event-ID; nothing is lost.',
  }),
)

function endedText(code: GrantEnd): string {
  const { message, next } = GRANT_ENDS[code]
  const resume = `${next} The last event id, as Last-Event-ID, loses nothing.`
  return JSON.stringify(problemOf(code, message, { try: resume }))
}
