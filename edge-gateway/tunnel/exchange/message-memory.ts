/** Smaller messages are the garbage collector's business: detaching them would cost more than it saves. */
const LARGE_BYTES = 16 * 1024

/**
 * Gives a large message's memory back as soon as the last body in it was taken. Left to the garbage
 * collector, which sees only the small objects around them, the messages of a hundred downloads grew
 * the process by a hundred MiB before it ran (measured).
 */
export class MessageMemory {
  /** Bytes of each message that are still in somebody's hands. Weak: a body that is given up releases nothing. */
  readonly #held = new WeakMap<ArrayBufferLike, number>()

  /** A body keeps these bytes of its message. */
  hold(bytes: Uint8Array): void {
    const { buffer } = bytes
    if (buffer.byteLength < LARGE_BYTES) return
    this.#held.set(buffer, (this.#held.get(buffer) ?? 0) + bytes.length)
  }

  /** The client has these bytes: nobody will read them again. */
  release(bytes: Uint8Array): void {
    const { buffer } = bytes
    const held = this.#held.get(buffer)
    if (held === undefined) return
    if (held > bytes.length) {
      this.#held.set(buffer, held - bytes.length)
      return
    }
    this.#held.delete(buffer)
    if (buffer instanceof ArrayBuffer) buffer.transfer(0)
  }
}
