import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** An event as a test wants to see it. */
export type SeenEvent =
  | { readonly event: string; readonly id: string | undefined; readonly data: string }
  | { readonly comment: string }

/** Reads an event stream with a real parser. */
export class EventReader {
  readonly response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #seen: SeenEvent[] = []
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({
    onEvent: ({ event = 'message', id, data }: EventSourceMessage) =>
      void this.#seen.push({ event, id, data }),
    onComment: (comment) => void this.#seen.push({ comment }),
  })

  constructor(response: Response) {
    if (response.body === null) throw new Error('no body')
    this.response = response
    this.#reader = response.body.getReader()
  }

  /** The next event or comment; undefined at the end of the stream. */
  async next(): Promise<SeenEvent | undefined> {
    while (this.#seen.length === 0) {
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      this.#parser.feed(this.#decoder.decode(value, { stream: true }))
    }
    return this.#seen.shift()
  }

  /** Events up to and including the first of a name. */
  async upTo(name: string): Promise<readonly SeenEvent[]> {
    const seen: SeenEvent[] = []
    for (;;) {
      const event = await this.next()
      if (event === undefined) throw new Error(`the stream ended before ${name}`)
      seen.push(event)
      if ('event' in event && event.event === name) return seen
    }
  }

  /** Events up to the end of the stream, comments left out. */
  async rest(): Promise<readonly Extract<SeenEvent, { readonly event: string }>[]> {
    const seen: Extract<SeenEvent, { readonly event: string }>[] = []
    for (;;) {
      const event = await this.next()
      if (event === undefined) return seen
      if ('event' in event) seen.push(event)
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel()
  }
}

/** Ids of the records among events. */
export function recordIds(events: readonly SeenEvent[]): string[] {
  return events.flatMap((seen) =>
    'event' in seen && seen.event === 'record'
      ? [(JSON.parse(seen.data) as { id: string }).id]
      : [],
  )
}
