import { detach } from '../../../protocol/detach.ts'
import { ProblemError } from '../../problem/problem-error.ts'
import type { TracedFacts } from '../../requests/traced-facts.ts'
import { HTTP_LIMITS } from '../limits.ts'

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

  /**
   * Nobody wants the rest. On a socket it is not cancelled at once: Node would cut the connection and lose the answer. And left unread,
   * a client that reads its answer only when it has sent all would wait for ever.
   */
  leave(): void {
    if (this.#reader === undefined) return
    if (this.#facts.via === 'tunnel') this.#reader.cancel().catch(() => {})
    else detach(discard(this.#reader), () => {})
  }
}

/** Reads the rest, as far as an answer is waited for: see `LingerLimits`. */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const cancel = () => {
    reader.cancel().catch(() => {})
  }
  const end = setTimeout(cancel, HTTP_LIMITS.lingerMs)
  let silence: NodeJS.Timeout | undefined
  try {
    for (let bytes = 0; bytes < HTTP_LIMITS.lingerBytes;) {
      silence = setTimeout(cancel, HTTP_LIMITS.lingerSilenceMs)
      const { value } = await reader.read()
      clearTimeout(silence)
      if (value === undefined) return
      bytes += value.byteLength
    }
    cancel()
  } finally {
    clearTimeout(end)
    clearTimeout(silence)
  }
}

export function endedEarly(): ProblemError {
  return new ProblemError('INVALID_REQUEST', 'The body ended early', {
    field: '$',
    try: 'Send the request again.',
  })
}
