import { HEARTBEAT_COMMENT } from '../../protocol/event-text.ts'
import { DAEMON_LIMITS } from '../config/limits.ts'
import { eventStream } from './event-stream.ts'
import type { Subscription } from './subscription.ts'

/**
 * An answer that streams the feed. Read as any other body, or through its subscription by whoever can do more
 * than pull bytes: the tunnel sends one copy to many readers.
 */
export class EventStreamAnswer extends Response {
  readonly subscription: Subscription
  /** For the gateway alone, and so no header of the answer: with it the stream goes on where it was cut. */
  readonly resume: string | undefined

  constructor(
    subscription: Subscription,
    headers: Readonly<Record<string, string>>,
    resume: string | undefined,
  ) {
    super(
      eventStream(
        () => nextText(subscription),
        () => subscription.close(),
      ),
      { status: 200, headers },
    )
    this.subscription = subscription
    this.resume = resume
  }
}

async function nextText(subscription: Subscription): Promise<string | undefined> {
  for (;;) {
    const text = subscription.take()
    if (text !== undefined || subscription.ended !== undefined) return text
    if (!(await subscription.changed(DAEMON_LIMITS.heartbeatMs))) return HEARTBEAT_COMMENT
  }
}
