export interface SeenOutcome {
  readonly line: number
  readonly outcome: 'accepted' | 'duplicate' | 'rejected'
  readonly id?: string
  readonly seq?: number
  readonly code?: string
  readonly message?: string
  readonly field?: string
  readonly try?: string
}

/** The answer to a bulk append. */
export interface SeenOutcomes {
  readonly outcomes: readonly SeenOutcome[]
  /** Undefined: it was cut. */
  readonly summary: Readonly<Record<string, unknown>> | undefined
  /** What cut it, if it says so. */
  readonly cut: Readonly<Record<string, unknown>> | undefined
}

export function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

/** Where a bulk append goes to. */
interface BulkTarget {
  readonly base: string
  readonly bearer: string
}

type Lines = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

/** A bulk append as NDJSON, with the whole answer. */
export async function postLines(at: BulkTarget, lines: Lines): Promise<SeenOutcomes> {
  return outcomesOf(await (await startLines(at, lines)).text())
}

/** The same once its answer has begun. */
function startLines({ base, bearer }: BulkTarget, lines: Lines): Promise<Response> {
  return fetch(`${base}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' },
    body: lines,
    ...(lines instanceof ReadableStream && { duplex: 'half' as const }),
  })
}

/** A bulk append line by line: its answer begins with its first line. */
export class SlowLines {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #answer: Promise<Response>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #text = ''
  readonly #encoder = new TextEncoder()

  constructor(at: BulkTarget) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    this.#writer = writable.getWriter()
    this.#answer = startLines(at, readable)
    this.#writer.closed.catch(() => {})
  }

  async send(text: string): Promise<void> {
    await this.#writer.write(this.#encoder.encode(text))
  }

  /** All outcomes so far, at least so many. */
  async outcomes(atLeast: number): Promise<SeenOutcomes> {
    for (;;) {
      const seen = outcomesOf(this.#text.slice(0, this.#text.lastIndexOf('\n') + 1))
      if (seen.outcomes.length >= atLeast || !(await this.#more())) return seen
    }
  }

  /** The rest, once the daemon ends it. */
  async rest(): Promise<SeenOutcomes> {
    while (await this.#more()) continue
    return outcomesOf(this.#text)
  }

  async end(): Promise<SeenOutcomes> {
    await this.#writer.close()
    return this.rest()
  }

  async #more(): Promise<boolean> {
    this.#reader ??= (await this.#answer).body?.getReader() as
      | ReadableStreamDefaultReader<Uint8Array>
      | undefined
    const { value, done } = (await this.#reader?.read()) ?? { done: true }
    if (done || value === undefined) return false
    this.#text += new TextDecoder().decode(value)
    return true
  }
}

export function outcomesOf(text: string): SeenOutcomes {
  const values = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return {
    outcomes: values.filter((value) => !Object.hasOwn(value, 'object')) as unknown as SeenOutcome[],
    summary: values.find((value) => value['object'] === 'bulk_summary'),
    cut: values.find((value) => value['object'] === 'error'),
  }
}
