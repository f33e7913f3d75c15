import { createParser, type EventSourceParser } from 'eventsource-parser'

/** Sent to a WebSocket subscriber while there are no events. */
export const HEARTBEAT_MESSAGE = '{"event":"heartbeat"}'

/**
 * A feed's server-sent events as the messages of a WebSocket: each one JSON, `{"event","id","data"}`. The data of
 * a feed is JSON already and is not parsed here; comments and `retry` have no message.
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

  /** The problem in the last event, as JSON; undefined if it was another event. */
  get error(): string | undefined {
    return this.#error
  }

  /** The messages that are complete now. */
  push(text: string): readonly string[] {
    this.#messages = []
    this.#parser.feed(text)
    return this.#messages
  }
}
