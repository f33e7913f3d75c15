import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import { EventMessages, HEARTBEAT_MESSAGE } from '../../protocol/events/event-messages.ts'
import { subscriberClose } from '../../protocol/events/subscriber-close.ts'
import type { ClientSink, ClientSinkEvents } from './client-sink.ts'

/** How often it checks whether a client has taken what it was sent: the platform has no event for that. */
const LOOK_MS = 50

/** A client that reads the same events as WebSocket messages. */
export class EventSocket implements ClientSink {
  /** The client's end of it. */
  readonly client: WebSocket
  readonly #socket: WebSocket
  readonly #events: ClientSinkEvents
  readonly #messages = new EventMessages()
  readonly #decoder = new TextDecoder()
  #look: ReturnType<typeof setTimeout> | undefined
  #over = false

  constructor(events: ClientSinkEvents) {
    const { 0: client, 1: server } = new WebSocketPair()
    this.client = client
    this.#socket = server
    this.#events = events
    server.accept()
    server.addEventListener('message', () => this.#refuse())
    server.addEventListener('close', () => this.#gone())
    server.addEventListener('error', () => this.#gone())
  }

  /** Runtimes before November 2026 do not count; there only the heartbeat notices a slow client. */
  get pending(): number {
    return (this.#socket as { readonly bufferedAmount?: number }).bufferedAmount ?? 0
  }

  write(events: Uint8Array): void {
    if (this.#over) return
    this.#say(this.#decoder.decode(events))
    this.#watch()
  }

  heartbeat(): void {
    this.#send(HEARTBEAT_MESSAGE)
  }

  end(): void {
    const { code, reason } = subscriberClose(this.#messages.error)
    this.#close(code, reason)
  }

  finish(events: string): void {
    if (this.#over) return
    this.#say(events)
    this.end()
  }

  abort(): void {
    this.#close(CLOSE.INTERNAL, 'the connection to home was cut')
  }

  #say(events: string): void {
    for (const message of this.#messages.push(events)) this.#send(message)
  }

  #send(text: string): void {
    if (this.#over) return
    this.#socket.send(text)
  }

  #watch(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      if (this.#over) return
      this.#events.taken()
      if (this.pending > 0) this.#watch()
    }, LOOK_MS)
  }

  /** A subscriber must not send anything: you would pay for messages that nobody reads. */
  #refuse(): void {
    this.#close(CLOSE.UNSUPPORTED, 'this WebSocket only sends')
    this.#events.gone()
  }

  #close(code: number, reason: string): void {
    if (this.#over) return
    this.#over = true
    if (this.#look !== undefined) clearTimeout(this.#look)
    try {
      this.#socket.close(code, reason)
    } catch {
      // The client was faster.
    }
  }

  #gone(): void {
    if (this.#over) return
    this.#close(CLOSE.NORMAL, '')
    this.#events.gone()
  }
}
