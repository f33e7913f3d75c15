import { eventStream } from './event-stream.ts'
import type { Subscription } from './subscription.ts'

/**
 * An answer that streams the feed. Read as any other body, or through its subscription by whoever can do more
 * than pull bytes: the tunnel sends one copy to many readers.
 */
export class EventStreamAnswer extends Response {
  readonly subscription: Subscription

  constructor(subscription: Subscription, headers: Readonly<Record<string, string>>) {
    super(eventStream(subscription), { status: 200, headers })
    this.subscription = subscription
  }
}
