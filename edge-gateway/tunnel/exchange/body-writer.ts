import { detach } from '../../../protocol/detach.ts'
import type { ExchangeStream } from './exchange.ts'
import { guarded } from './guarded.ts'
import { joinNeighbours } from './join-neighbours.ts'
import type { MessageMemory } from './message-memory.ts'
import { RESET } from '../../../protocol/tunnel/reset-code.ts'

/**
 * Passes an answer's body to the client at the client's pace: credit for a chunk is returned only when
 * the runtime has taken it. Ends cleanly only if the daemon said so; a cut body is an aborted body.
 */
export class BodyWriter {
  readonly readable: ReadableStream<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #stream: ExchangeStream
  readonly #memory: MessageMemory
  #chunks: Uint8Array[] = []
  #ended = false
  #after: Promise<void> | undefined
  #draining = false
  #over = false

  /** @param length the answer's Content-Length, if it has a valid one */
  constructor(length: string | undefined, stream: ExchangeStream, memory: MessageMemory) {
    // With a fixed length the runtime keeps the header, and refuses to call a short body whole.
    const pair =
      length === undefined ? new IdentityTransformStream() : new FixedLengthStream(Number(length))
    this.readable = pair.readable
    this.#writer = pair.writable.getWriter()
    this.#stream = stream
    this.#memory = memory
    detach(
      this.#writer.closed,
      guarded(stream, () => this.#clientLeft()),
    )
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#over) return
    this.#memory.hold(bytes)
    this.#chunks.push(bytes)
    this.#start()
  }

  /** @param after what its end has to wait for */
  end(after?: Promise<void>): void {
    this.#after = after
    this.#ended = true
    this.#start()
  }

  abort(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    // The client is gone then, and nothing is left to say to it.
    detach(this.#writer.abort(new Error(reason)), () => {})
  }

  #start(): void {
    if (this.#draining || this.#over) return
    this.#draining = true
    detach(this.#drain(), (error) => this.#stream.fail(error))
  }

  async #drain(): Promise<void> {
    for (;;) {
      const chunks = this.#chunks
      if (chunks.length === 0) break
      this.#chunks = []
      for (const chunk of joinNeighbours(chunks)) {
        const bytes = chunk.length
        if (!(await this.#passed(this.#writer.write(chunk)))) return
        this.#memory.release(chunk)
        if (this.#over) return
        this.#stream.consumed(bytes)
      }
    }
    this.#draining = false
    if (!this.#ended || this.#over) return
    this.#over = true
    if (this.#after !== undefined) await this.#after
    await this.#passed(this.#writer.close())
  }

  /** False: the client has left. Anything else that fails here is a mistake of ours. */
  async #passed(taken: Promise<void>): Promise<boolean> {
    try {
      await taken
      return true
    } catch {
      this.#clientLeft()
      return false
    }
  }

  #clientLeft(): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#stream.reset(RESET.CANCEL)
  }
}
