import { HEARTBEAT_COMMENT } from '../../../protocol/events/event-text.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { bytesStream } from './event-stream.ts'
import type { Subscription } from './subscription.ts'
import type { SubscriptionPieces } from './subscription-pieces.ts'

/**
 * An answer that streams the feed. Readable as any other body, or through its subscription by a reader that can do more
 * than pull bytes: the tunnel sends one copy to many readers.
 */
export class EventStreamAnswer extends Response {
  readonly subscription: Subscription
  readonly pieces: SubscriptionPieces
  /** Only for the gateway, so no header of the answer: with it the stream continues where it was cut. */
  readonly resume: string | undefined

  constructor(
    subscription: Subscription,
    pieces: SubscriptionPieces,
    headers: Readonly<Record<string, string>>,
    resume: string | undefined,
  ) {
    super(
      bytesStream(
        () => nextBytes(subscription, pieces),
        () => {
          pieces.close()
          subscription.close()
        },
      ),
      { status: 200, headers },
    )
    this.subscription = subscription
    this.pieces = pieces
    this.resume = resume
  }
}

async function nextBytes(
  subscription: Subscription,
  pieces: SubscriptionPieces,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const bytes = await pieces.take()
    if (bytes !== undefined || subscription.ended !== undefined) return bytes
    if (!(await subscription.changed(HTTP_LIMITS.heartbeatMs))) return HEARTBEAT
  }
}

const HEARTBEAT = new TextEncoder().encode(HEARTBEAT_COMMENT)
