/**
 * A request body as the app reads it. Nothing is buffered beyond the credit that the sender had: a chunk
 * is handed over when the app asks, and only then is its credit returned. A body that was cut, or that
 * is not as long as announced, ends in an error, never as a short success.
 */
export class RequestBody {
  readonly stream: ReadableStream<Uint8Array>
  readonly #consumed: (bytes: number) => void
  readonly #expected: number | undefined
  #controller!: ReadableStreamDefaultController<Uint8Array>
  readonly #chunks: Uint8Array[] = []
  #received = 0
  #ended = false
  #over = false
  #wanted: (() => void) | undefined

  /**
   * @param expected the announced Content-Length, bytes
   * @param consumed told how many bytes the app has taken
   * @param cancelled the app wants no more
   */
  constructor(
    expected: number | undefined,
    consumed: (bytes: number) => void,
    cancelled: () => void,
  ) {
    this.#expected = expected
    this.#consumed = consumed
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#over = true
          cancelled()
        },
      },
      { highWaterMark: 0 },
    )
  }

  data(bytes: Uint8Array): void {
    if (this.#over) return
    this.#received += bytes.length
    this.#chunks.push(bytes)
    this.#wanted?.()
  }

  end(): void {
    if (this.#expected !== undefined && this.#received !== this.#expected) {
      this.fail(`the body has ${this.#received} bytes, ${this.#expected} were announced`)
      return
    }
    this.#ended = true
    if (this.#chunks.length === 0) this.#close()
    this.#wanted?.()
  }

  fail(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#controller.error(new Error(reason))
    this.#wanted?.()
  }

  async #pull(): Promise<void> {
    if (this.#chunks.length === 0 && !this.#ended && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wanted = resolve
      })
      this.#wanted = undefined
    }
    const chunk = this.#over ? undefined : this.#chunks.shift()
    if (chunk === undefined) return
    this.#controller.enqueue(chunk)
    this.#consumed(chunk.length)
    if (this.#ended && this.#chunks.length === 0) this.#close()
  }

  #close(): void {
    if (this.#over) return
    this.#over = true
    this.#controller.close()
  }
}
