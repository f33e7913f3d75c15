import { LIMITS } from '../../protocol/limits.ts'

/** A full data message and the frames that may come before it. */
const BUFFER_BYTES = LIMITS.dataPerMessage + 64 * 1024
/** Below this the allocator's own pool is the cheaper one. */
const SMALL_BYTES = 16 * 1024
const KEPT = 8

/**
 * Buffers for large messages, used again once their bytes have left. A new buffer for each would make the
 * garbage collector the daemon's largest cost under bulk load (measured: half of its time).
 */
export class MessageBuffers {
  readonly #free: Uint8Array[] = []

  /** For `Multiplexer.next`. Not zeroed: the whole message is written. */
  readonly take = (size: number): Uint8Array => {
    if (size <= SMALL_BYTES) return Buffer.allocUnsafe(size)
    if (size > BUFFER_BYTES) return Buffer.allocUnsafeSlow(size)
    return (this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)).subarray(0, size)
  }

  /** The message has left the process. */
  giveBack(message: Uint8Array): void {
    const whole = message.buffer.byteLength === BUFFER_BYTES
    if (whole && this.#free.length < KEPT) this.#free.push(new Uint8Array(message.buffer))
  }
}
