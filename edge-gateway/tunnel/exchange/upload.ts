import { LIMITS } from '../../../protocol/limits.ts'
import { ReadSize } from './read-size.ts'

/**
 * A request's body, read as it is asked for. Its beginning is kept until home has begun the request: should home say
 * that it has not, the request is sent to the next connection as it came.
 */
export class Upload {
  readonly #reader: ReadableStreamBYOBReader
  readonly #size = new ReadSize()
  /** By number: what was read and not taken, and before home has begun also what was. */
  readonly #kept = new Map<number, Uint8Array>()
  #keptBytes = 0
  #count = 0
  #begun = false
  #reading: Promise<void> | undefined
  #ended = false
  /** Since when the client is waited for, milliseconds since 1970; undefined: it is not. */
  #waitingSince: number | undefined
  /** When the client last sent something, milliseconds since 1970. */
  progressAt = Date.now()

  constructor(body: ReadableStream<Uint8Array>) {
    // With a buffer of our own the runtime hands over all it has; without one, 4 KiB at a time (measured).
    this.#reader = body.getReader({ mode: 'byob' })
  }

  /** All of it that was read is there still, for another connection. */
  get whole(): boolean {
    return !this.#begun
  }

  /** The client has sent its last byte, or can send no more. */
  get over(): boolean {
    return this.#ended
  }

  /** Before home has begun no more is read than it takes of every request at once. */
  get enough(): boolean {
    return !this.#begun && this.#keptBytes >= LIMITS.streamWindowMin
  }

  /** Home has begun the request: what was taken is kept no more. @param at number of the next piece to be taken */
  begun(at: number): void {
    this.#begun = true
    for (const number of this.#kept.keys()) if (number < at) this.#kept.delete(number)
  }

  /** Whether the client has sent nothing for too long. @param now milliseconds since 1970 */
  stalled(now: number): boolean {
    return this.#waitingSince !== undefined && now - this.#waitingSince >= LIMITS.uploadStallMs
  }

  /**
   * The piece with this number, undefined at the end. A piece that was kept comes again.
   * @param spare memory that nobody needs any more
   */
  next(at: number, spare?: ArrayBufferLike): Promise<Uint8Array | undefined> {
    const kept = this.#take(at)
    if (kept !== undefined) return Promise.resolve(kept)
    this.#reading ??= this.#read(spare)
    return this.#reading.then(() => this.#take(at))
  }

  #take(at: number): Uint8Array | undefined {
    const piece = this.#kept.get(at)
    if (this.#begun) this.#kept.delete(at)
    return piece
  }

  /** Nothing more of it is wanted. */
  cancel(): void {
    this.#ended = true
    this.#size.release()
    this.#reader.cancel().catch(() => {})
  }

  async #read(spare: ArrayBufferLike | undefined): Promise<void> {
    const { bytes } = this.#size
    const view = spare?.byteLength === bytes ? new Uint8Array(spare) : new Uint8Array(bytes)
    this.#waitingSince = Date.now()
    try {
      const { done, value } = await this.#reader.read(view)
      this.progressAt = Date.now()
      if (done) {
        this.#ended = true
        this.#size.release()
        return
      }
      this.#size.brought(value.length)
      this.#kept.set(this.#count, value)
      this.#count += 1
      if (!this.#begun) this.#keptBytes += value.length
    } catch (error) {
      this.#ended = true
      this.#size.release()
      throw error
    } finally {
      this.#waitingSince = undefined
      this.#reading = undefined
    }
  }
}
