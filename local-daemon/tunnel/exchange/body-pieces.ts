/** What a body has next: bytes, its end, or the reason why there is no more. */
export type BodyPiece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: unknown }

const END: BodyPiece = { kind: 'end' }

/**
 * Reads a body piece by piece. A failure is a piece like any other, never a rejection: so a piece may be asked for, and
 * something else be awaited, while the body breaks off.
 */
export class BodyPieces {
  readonly #reader: ReadableStreamDefaultReader<unknown>
  readonly #onFailed: () => void
  /** It has broken off; what was asked for last says why. */
  failed = false

  /**
   * @param onFailed called as soon as the body has failed, whether or not anybody waits for the piece
   * @throws TypeError for a body that somebody else reads
   */
  constructor(body: ReadableStream<Uint8Array>, onFailed: () => void) {
    this.#reader = body.getReader()
    this.#onFailed = onFailed
  }

  /** Never rejects. */
  next(): Promise<BodyPiece> {
    return this.#reader.read().then(
      ({ done, value }) => {
        if (done) return END
        return value instanceof Uint8Array ? { kind: 'bytes', bytes: value } : this.#fail(NO_BYTES)
      },
      (error: unknown) => this.#fail(error),
    )
  }

  /** Nobody wants the rest. */
  cancel(): void {
    // What it fails with is nobody's: the body is given up.
    this.#reader.cancel().then(undefined, () => {})
  }

  #fail(error: unknown): BodyPiece {
    this.failed = true
    this.#onFailed()
    return { kind: 'failed', error }
  }
}

const NO_BYTES = new TypeError('the body has a piece that is no bytes')
