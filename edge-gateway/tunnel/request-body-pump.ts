import { LIMITS } from '../../protocol/limits.ts'
import { RESET } from '../../protocol/reset-code.ts'
import type { ExchangeStream } from './exchange.ts'

/**
 * Reads a request body as fast as the daemon takes it and no faster: what the client sends beyond that
 * waits in the client. A body that breaks off is reported as cut, never as ended.
 */
export class RequestBodyPump {
  readonly #reader: ReadableStreamBYOBReader
  readonly #stream: ExchangeStream
  #stopped = false
  #resume: (() => void) | undefined

  constructor(body: ReadableStream<Uint8Array>, stream: ExchangeStream) {
    // With a buffer of our own the runtime hands over all it has; without one, 4 KiB at a time (measured).
    this.#reader = body.getReader({ mode: 'byob' })
    this.#stream = stream
    this.#run().catch(() => {
      if (!this.#stopped) this.#stream.reset(RESET.BODY_FAILED)
    })
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
    this.#reader.cancel().catch(() => {})
  }

  async #run(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read(new Uint8Array(LIMITS.dataBytes))
      if (this.#stopped) return
      if (done) return this.#stream.end()
      if (!this.#stream.write(value)) await this.#room()
      if (this.#stopped) return
    }
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
