import { RESET } from '../../protocol/reset-code.ts'
import { detach } from '../../protocol/detach.ts'
import type { ExchangeStream } from './exchange.ts'
import { ReadSize } from './read-size.ts'

/**
 * Reads a request body as fast as the daemon takes it and no faster: what the client sends beyond that
 * waits in the client. A body that breaks off is reported as cut, never as ended.
 */
export class RequestBodyPump {
  readonly #reader: ReadableStreamBYOBReader
  readonly #stream: ExchangeStream
  readonly #size = new ReadSize()
  #stopped = false
  #resume: (() => void) | undefined

  constructor(body: ReadableStream<Uint8Array>, stream: ExchangeStream) {
    // With a buffer of our own the runtime hands over all it has; without one, 4 KiB at a time (measured).
    this.#reader = body.getReader({ mode: 'byob' })
    this.#stream = stream
    const failed = () => {
      if (!this.#stopped) this.#stream.reset(RESET.BODY_FAILED)
    }
    detach(
      this.#run()
        .catch(failed)
        .finally(() => this.#size.release()),
      (error) => stream.fail(error),
    )
  }

  /** The daemon can take more. */
  resume(): void {
    this.#resume?.()
  }

  /** Nothing more of the body is wanted. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#resume?.()
    // What it fails with is nobody's: the body is given up.
    detach(this.#reader.cancel(), () => {})
  }

  async #run(): Promise<void> {
    let spare: ArrayBufferLike | undefined
    for (;;) {
      const { done, value } = await this.#reader.read(this.#view(spare))
      if (this.#stopped) return
      if (done) return this.#stream.end()
      this.#size.brought(value.length)
      if (!this.#stream.write(value)) await this.#room()
      // A turn later it may have left already: then the same memory takes what comes next.
      await undefined
      if (this.#stopped) return
      spare = this.#stream.queued() === 0 ? value.buffer : undefined
    }
  }

  #view(spare: ArrayBufferLike | undefined): Uint8Array {
    const { bytes } = this.#size
    return spare?.byteLength === bytes ? new Uint8Array(spare) : new Uint8Array(bytes)
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined
        resolve()
      }
    })
  }
}
