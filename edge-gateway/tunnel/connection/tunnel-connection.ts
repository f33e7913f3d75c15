import { ConnectionError } from '../../../protocol/multiplexer/multiplexer.ts'
import { CLOSE } from '../../../protocol/tunnel/close-code.ts'
import type { EdgePolicy } from '../../../protocol/tunnel/edge-policy.ts'
import type { Hello } from '../../../protocol/tunnel/hello.ts'
import { closeCodeOf, lastGoAway } from '../../../protocol/tunnel/last-go-away.ts'
import { type ConnectionAttachment, putAttachment, stateOf } from './connection-attachment.ts'
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  next,
} from './connection-states.ts'
import { ConnectionStreams } from './connection-streams.ts'
import type { Subscribers } from '../subscribers/subscribers.ts'
import type { TrafficCounts } from '../traffic-counts.ts'

export interface ConnectionParts {
  readonly socket: WebSocket
  readonly attachment: ConnectionAttachment
  readonly subscribers: Subscribers
  /** Of the object. */
  readonly counts: TrafficCounts
  /** Called with what the daemon says of itself, once it is ready. */
  readonly onHello: (hello: Hello) => void
  /** Called with the policy of the newest connection. */
  readonly onPolicy: (policy: EdgePolicy) => void
}

/** One authenticated socket of the daemon: its state (connection-states.ts) and its streams. */
export class TunnelConnection {
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly connectedAt: number
  readonly streams: ConnectionStreams
  /** When the daemon was last heard, milliseconds since 1970. */
  heardAt: number
  readonly #socket: WebSocket
  readonly #counts: TrafficCounts
  #state: ConnectionState
  /** Of the daemon, as far as it has said. */
  #process: string | undefined

  constructor({ socket, attachment, subscribers, counts, onHello, onPolicy }: ConnectionParts) {
    this.generation = attachment.generation
    this.connectedAt = attachment.connectedAt
    this.heardAt = attachment.connectedAt
    this.#socket = socket
    this.#counts = counts
    this.#process = attachment.process
    this.#state = stateOf(attachment)
    this.streams = new ConnectionStreams({
      socket,
      attachment,
      subscribers,
      counts,
      hello: (hello) => {
        this.#process = hello.process
        if (this.#step('hello') === 'greet') onHello(hello)
      },
      goAway: (lastStream) => {
        if (this.#step('go-away') === 'refuse-unbegun') {
          this.streams.exchanges.refuseAfter(lastStream)
        }
      },
      policy: (policy) => {
        if (this.#step('policy') === 'keep-policy') onPolicy(policy)
      },
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** The daemon has greeted, and takes new streams. */
  get ready(): boolean {
    return this.#state === 'ready'
  }

  /** Whether it is of another process than this one. */
  isOfAnother(process: string): boolean {
    return this.#process !== undefined && this.#process !== process
  }

  /** Whether the daemon's process, which has greeted on a newer connection, no longer has this one. */
  isDeadFor({ process, open }: Hello): boolean {
    if (process === undefined || process !== this.#process) return false
    return open?.includes(this.generation) !== true
  }

  /** A message from the daemon. A broken one ends the connection, with its code. */
  receive(message: Uint8Array): void {
    this.#counts.add('receivedBytes', message.length)
    this.heardAt = Date.now()
    try {
      this.streams.receive(message, this.heardAt)
    } catch (error) {
      if (error instanceof ConnectionError) {
        this.#sayWhy(error)
        this.end('broken', closeCodeOf(error), error.message)
      } else {
        this.streams.exchanges.note('connection', error)
        this.end('broken', CLOSE.INTERNAL, 'the gateway failed')
      }
    }
  }

  /** A newer one was accepted. */
  replace(): void {
    if (this.#step('successor') === 'send-go-away') this.streams.goAway()
  }

  /** Ends it now. Its socket still has to be forgotten (`lost`). */
  end(event: ConnectionEvent, code: number, reason: string): void {
    if (this.#step(event) !== 'end') return
    this.streams.fail()
    try {
      this.#socket.close(code, reason.slice(0, 120))
    } catch {
      // Closed already: there is nobody left to tell.
    }
  }

  /** Its socket is gone. */
  lost(): void {
    if (this.#step('lost') === 'fail-streams') this.streams.fail()
  }

  /** Whether something changed since the last `saveForSleep`. */
  get unsaved(): boolean {
    return this.streams.changed
  }

  /** Puts what a sleep must not lose on the socket. False: no sleep is possible now. */
  saveForSleep(): boolean {
    if (!this.streams.quiet) return false
    const attachment: ConnectionAttachment = {
      generation: this.generation,
      connectedAt: this.connectedAt,
      ...(this.#process === undefined ? {} : { process: this.#process }),
      multiplexer: this.streams.snapshot(),
      counts: this.#counts.snapshot(),
    }
    putAttachment(this.#socket, attachment)
    this.streams.changed = false
    return true
  }

  #step(event: ConnectionEvent): ConnectionEffect | undefined {
    const { state, effect } = next(this.#state, event)
    this.#state = state
    return effect
  }

  /** The close says it too, but not with the code of the wire. */
  #sayWhy(error: ConnectionError): void {
    try {
      this.#socket.send(lastGoAway(this.streams.snapshot().lastStream, error))
    } catch {
      // The socket is closing.
    }
  }
}
