import { DAEMON_LIMITS } from '../config/limits.ts'
import type { Subscription } from './subscription.ts'

/** A comment: keeps proxies from closing a silent stream and shows a dead connection. */
export const HEARTBEAT = ': heartbeat\n\n'

/**
 * A subscription as server-sent events. Only whole events are handed on, and only when the reader asks.
 * Ends when the subscription does.
 */
export function eventStream(subscription: Subscription): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()

  async function nextText(): Promise<string | undefined> {
    for (;;) {
      const text = subscription.take()
      if (text !== undefined || subscription.ended !== undefined) return text
      if (!(await subscription.changed(DAEMON_LIMITS.heartbeatMs))) return HEARTBEAT
    }
  }

  return new ReadableStream(
    {
      async pull(controller) {
        const text = await nextText()
        if (text === undefined) controller.close()
        else controller.enqueue(encoder.encode(text))
      },
      cancel: () => subscription.close(),
    },
    // Counted in chunks: with zero, a page is read when it is asked for and not before.
    { highWaterMark: 0 },
  )
}
