import { LIMITS } from '../../../protocol/limits.ts'
import { type Holder, Shares } from '../../../protocol/multiplexer/shares.ts'

/**
 * What the clients of all WebSockets together are ahead of home, shared fairly between their holders. They cannot be
 * held back, only closed.
 */
export class ClientQueues {
  readonly #bytes = new Shares(LIMITS.webSocketQueuesBytes)

  /** A part of it, for one WebSocket. */
  share(holder: Holder): QueueShare {
    let counted = 0
    return {
      exceeds: (queued) => {
        // Small queues tell nobody when they are empty again, and are bounded by the number of streams.
        const counts = queued >= LIMITS.sendQueueBytes ? queued : 0
        const more = counts - counted
        const over = more > 0 && more > this.#bytes.room(holder)
        if (more > 0) this.#bytes.take(holder.key, more)
        else this.#bytes.give(holder.key, -more)
        counted = counts
        return over || queued > LIMITS.webSocketQueueBytes
      },
    }
  }
}

export interface QueueShare {
  /** Notes that this client is so many bytes ahead now. True: that is too much, for it or for all. */
  exceeds(queued: number): boolean
}
