import { createParser, type EventSourceParser } from 'eventsource-parser'

/** What a WebSocket subscriber is sent when nothing else is to be said. */
export const HEARTBEAT_MESSAGE = '{"event":"heartbeat"}'

/**
 * A feed's server-sent events as the messages of a WebSocket: each one JSON, `{"event","id","data"}`. The data of
 * a feed is JSON already and is not read here; comments and `retry` have no message.
 */
export class EventMessages {
  readonly #parser: EventSourceParser
  #messages: string[] = []
  #error: string | undefined

  constructor() {
    this.#parser = createParser({
      onEvent: ({ event = 'message', id, data }) => {
        this.#error = event === 'error' ? data : undefined
        const named = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
        this.#messages.push(`{"event":${JSON.stringify(event)}${named},"data":${data}}`)
      },
    })
  }

  /** The problem that the last event told of, as JSON; undefined if it was none. */
  get error(): string | undefined {
    return this.#error
  }

  /** The messages that are whole now. */
  push(text: string): readonly string[] {
    this.#messages = []
    this.#parser.feed(text)
    return this.#messages
  }
}
