import { LIMITS } from '../../../protocol/limits.ts'
import type { Multiplexer } from '../../../protocol/multiplexer/multiplexer.ts'
import type { TrafficCounts } from '../traffic-counts.ts'

/** Sends what a connection's multiplexer has to say. */
export class ConnectionOutput {
  readonly #socket: WebSocket
  readonly #mux: Multiplexer
  readonly #counts: TrafficCounts
  #scheduled = false

  constructor(socket: WebSocket, mux: Multiplexer, counts: TrafficCounts) {
    this.#socket = socket
    this.#mux = mux
    this.#counts = counts
  }

  /**
   * Sends soon. Output leaves together: many small frames, one message. With requests in parallel it also waits for
   * those that the runtime has ready; a lone request never waits.
   * @param open requests that are open
   */
  schedule(open: number): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (open < 2) queueMicrotask(() => this.#flush())
    else setTimeout(() => this.#flush(), 0)
  }

  /** Sends at once. */
  send(): void {
    for (;;) {
      const message = this.#mux.next(LIMITS.dataPerMessage, sharedBuffer)
      if (message === undefined) return
      try {
        this.#socket.send(message)
      } catch {
        // The socket closed under us; its close event fails the streams.
        return
      }
      this.#counts.add('sentMessages')
      this.#counts.add('sentBytes', message.length)
    }
  }

  #flush(): void {
    this.#scheduled = false
    this.send()
  }
}

/** `send` copies what it is given before it returns, so one buffer serves every message. */
const shared = new Uint8Array(LIMITS.messageBytes)

function sharedBuffer(size: number): Uint8Array {
  return shared.subarray(0, size)
}
