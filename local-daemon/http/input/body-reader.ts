import { ProblemError } from '../../problem/problem-error.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'

/** A request's body, piece by piece. */
export class BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #facts: TracedFacts

  constructor({ body }: Request, facts: TracedFacts) {
    this.#reader = (body as ReadableStream<Uint8Array> | null)?.getReader()
    this.#facts = facts
  }

  /** Undefined: that was all. Throws `ProblemError` `INVALID_REQUEST` for a body that ends early. */
  async next(): Promise<Uint8Array | undefined> {
    try {
      const { value } = (await this.#reader?.read()) ?? {}
      const { trace } = this.#facts
      if (trace !== undefined && value !== undefined) trace.bytesIn += value.byteLength
      return value
    } catch {
      throw endedEarly()
    }
  }

  /** Nobody wants the rest. On a socket it is not cancelled: Node would cut the connection and lose the answer. */
  leave(): void {
    if (this.#facts.via !== 'tunnel') return
    this.#reader?.cancel().catch(() => {})
  }
}

export function endedEarly(): ProblemError {
  return new ProblemError('INVALID_REQUEST', 'The body ended early', {
    field: '$',
    try: 'Send the request again.',
  })
}
