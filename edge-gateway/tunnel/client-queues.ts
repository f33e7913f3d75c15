import { LIMITS } from '../../protocol/limits.ts'

/** What the clients of all WebSockets together are ahead of home. They cannot be held back, only closed. */
export class ClientQueues {
  #bytes = 0

  /** A share of it, for one WebSocket. */
  share(): QueueShare {
    let counted = 0
    return {
      exceeds: (queued) => {
        // Small queues tell nobody when they are empty again, and are bounded by the number of streams.
        const counts = queued >= LIMITS.sendQueueBytes ? queued : 0
        this.#bytes += counts - counted
        counted = counts
        return queued > LIMITS.webSocketQueueBytes || this.#bytes > LIMITS.webSocketQueuesBytes
      },
    }
  }
}

export interface QueueShare {
  /** Notes that this client is so many bytes ahead now. True: that is too much, for it or for all. */
  exceeds(queued: number): boolean
}
