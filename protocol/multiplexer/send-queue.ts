/**
 * Bytes waiting to be sent on one stream: chunks in order, taken in slices. Holds the writer's own
 * buffers without copying, so a writer must not change a chunk after handing it over.
 */
export class SendQueue {
  #chunks: Uint8Array[] = []
  #first = 0
  #offset = 0
  #bytes = 0

  /** Bytes that are neither taken nor reserved. */
  get bytes(): number {
    return this.#bytes
  }

  /** Promises the next `count` bytes to a message that `moveTo` will fill. */
  reserve(count: number): void {
    this.#bytes -= count
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Copies the next `count` reserved bytes into `target` at `at`. */
  moveTo(target: Uint8Array, at: number, count: number): void {
    let left = count
    let position = at
    while (left > 0) {
      const chunk = this.#chunks[this.#first] as Uint8Array
      const slice = Math.min(left, chunk.length - this.#offset)
      target.set(chunk.subarray(this.#offset, this.#offset + slice), position)
      position += slice
      left -= slice
      this.#offset += slice
      if (this.#offset === chunk.length) this.#dropFirst()
    }
  }

  clear(): void {
    this.#chunks = []
    this.#first = 0
    this.#offset = 0
    this.#bytes = 0
  }

  #dropFirst(): void {
    // Let go of the bytes now; the array is cut only when half of it is used up, so that a queue of
    // many small chunks is moved a few times and not once per chunk.
    this.#chunks[this.#first] = EMPTY
    this.#first += 1
    this.#offset = 0
    if (this.#first * 2 < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#first)
    this.#first = 0
  }
}

const EMPTY = new Uint8Array(0)
