import type { WebSocket } from 'ws'
import { CLOSE } from '../../protocol/tunnel/close-code.ts'
import { detach } from '../../protocol/detach.ts'
import { closeCodeOf, lastGoAway } from '../../protocol/tunnel/last-go-away.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ConnectionError, Multiplexer } from '../../protocol/multiplexer/multiplexer.ts'
import { RESET, type ResetCode } from '../../protocol/tunnel/reset-code.ts'
import { PROTOCOL_VERSION } from '../../protocol/tunnel/version.ts'
import { EventGroups } from './exchange/event-groups.ts'
import type { LinkMeter, PingMeter } from './link-meter.ts'
import type { FaultPlace } from '../process/fault-book.ts'
import { LocalExchange } from './exchange/local-exchange.ts'
import { MessageBuffers } from './message-buffers.ts'
import type { TunnelApp } from './tunnel-app.ts'

/** Bytes that may wait in the socket: what a small answer may have to queue behind. */
const SOCKET_BYTES = 256 * 1024

/**
 * Answers that leave together. Each message costs the gateway as much as a small request does (0.38, 0.46 and
 * 0.50 of the ceiling with one, four and eight, measured); one that waits for all of a turn holds the first back.
 */
const HEADS_PER_MESSAGE = 8

export interface SessionOptions {
  readonly app: TunnelApp
  readonly agent: string
  /** By it the gateway tells the older connections of this process from another's. */
  readonly process: string
  /** Generations of these that are open still. */
  readonly open: readonly number[]
  readonly meter: LinkMeter | undefined
  /** The gateway has greeted: the public hostname reaches this daemon now. */
  readonly onReady: (generation: number) => void
  readonly onPolicyAcked: (version: number) => void
  /** Another process with this identity has asked for the place. */
  readonly onRival: () => void
  /** The gateway asks for the end: a successor, a restart. */
  readonly onGoAway: (code: ResetCode, reason: string) => void
  /** Something has failed, and has been settled where it happened. */
  readonly onFault: (place: FaultPlace, error: unknown, requestId?: string) => void
}

/** One open connection to the gateway: its multiplexer and the requests it carries. */
export class TunnelSession {
  readonly #socket: WebSocket
  readonly #mux: Multiplexer
  readonly #exchanges = new Map<number, LocalExchange>()
  readonly #options: SessionOptions
  readonly #buffers = new MessageBuffers()
  readonly #pings: PingMeter | undefined
  readonly #groups: EventGroups
  #queued = false
  /** Something may wait for the socket's room. */
  #full = false
  /** When the gateway was last heard, milliseconds since 1970. */
  heardAt = Date.now()

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#pings = options.meter?.opened()
    const { agent, process, open } = options
    const hello = { version: PROTOCOL_VERSION, agent, process, open }
    this.#mux = new Multiplexer('acceptor', this.#events(), hello)
    this.#groups = new EventGroups(this.#mux)
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    socket.once('close', () => {
      this.#guard(() => this.#mux.close())
      this.#guard(() => this.#groups.close())
    })
    socket.resume()
    this.#queueFlush()
  }

  /** Requests that are not finished. */
  get open(): number {
    return this.#mux.openStreams
  }

  /** Readers of event streams who have caught up, and what they look at. */
  get subscribers(): { readonly members: number; readonly groups: number } {
    return { members: this.#groups.members, groups: this.#groups.size }
  }

  /** Round trip of the link, milliseconds, once bulk data has measured it. */
  get roundTripMs(): number | undefined {
    return this.#mux.roundTripMs
  }

  ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#pings?.pinged(performance.now())
    this.#socket.send('ping')
  }

  /** @throws TypeError for bytes that are no policy */
  sendPolicy(policy: Uint8Array): void {
    this.#mux.sendPolicy(policy)
  }

  /** Takes no new requests, lets the open ones finish. */
  leave(reason: string): void {
    this.#mux.goAway(RESET.GOING_AWAY, reason)
  }

  /** Resolves when no request is open, or after `ms`. */
  async drained(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (this.#mux.openStreams > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  close(code: number, reason: string): void {
    // What was said last, a GO_AWAY above all, is not lost behind the close.
    this.#flush(LIMITS.dataPerMessage)
    this.#mux.close()
    this.#socket.close(code, reason)
  }

  /** Without a goodbye: the link is dead. */
  terminate(): void {
    this.#mux.close()
    this.#socket.terminate()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.heardAt = Date.now()
    this.#options.meter?.received(data.length)
    // The only text there is: the answer to a ping.
    if (!isBinary) return this.#pings?.ponged(performance.now())
    this.#guard(() => this.#mux.receive(data, performance.now()))
  }

  /** What breaks the connection, on either side of it, ends this connection, and never the process. */
  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#options.onFault('connection', error)
      try {
        if (error instanceof ConnectionError) {
          this.#sayWhy(error)
          this.close(closeCodeOf(error), error.message.slice(0, 120))
        } else this.close(CLOSE.INTERNAL, 'the daemon failed')
      } catch (again) {
        this.#options.onFault('connection', again)
        this.#socket.terminate()
      }
    }
  }

  /**
   * Tells one exchange. Whatever it throws ends its own stream: nothing of it reaches the multiplexer, which is in the
   * middle of a message for others.
   */
  #tell(stream: number, call: (exchange: LocalExchange) => void): void {
    const exchange = this.#exchanges.get(stream)
    if (exchange === undefined) return
    try {
      call(exchange)
    } catch (error) {
      exchange.fail(error)
    }
  }

  /** The close says it too, but not with the code of the wire. */
  #sayWhy(error: ConnectionError): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(lastGoAway(this.#mux.snapshot().lastStream, error))
  }

  #events(): ConstructorParameters<typeof Multiplexer>[1] {
    const { onFault } = this.#options
    return {
      hello: (hello) => this.#options.onReady(hello.generation ?? 0),
      malformed: (_stream, error) => onFault('head', error),
      open: (stream, head, end) => {
        this.#options.meter?.relayed()
        const local = new LocalExchange(
          {
            respond: (bytes, body, whole) => this.#mux.respond(stream, bytes, body, whole),
            write: (bytes) => this.#mux.write(stream, bytes),
            end: () => this.#mux.end(stream),
            reset: (code) => {
              this.#exchanges.delete(stream)
              this.#mux.reset(stream, code, performance.now())
            },
            consumed: (bytes) => this.#mux.consumed(stream, bytes),
            join: (subscription) => this.#groups.join(stream, subscription),
          },
          head,
          end,
          onFault,
        )
        this.#exchanges.set(stream, local)
        detach(local.run(this.#options.app, head), (error) => local.fail(error))
      },
      data: (stream, bytes) => this.#tell(stream, (exchange) => exchange.data(bytes)),
      end: (stream) => this.#tell(stream, (exchange) => exchange.end()),
      reset: (stream, code) => {
        this.#tell(stream, (exchange) => {
          this.#exchanges.delete(stream)
          exchange.reset(code)
        })
      },
      stopSending: () => {},
      writable: (stream) => this.#tell(stream, (exchange) => exchange.writable()),
      closed: (stream) => this.#exchanges.delete(stream),
      left: (membership) => this.#groups.left(membership),
      rival: () => this.#options.onRival(),
      policyAck: (version) => this.#options.onPolicyAcked(version),
      goAway: (_last, code, reason) => this.#options.onGoAway(code, reason),
      output: () => this.#queueFlush(),
    }
  }

  /**
   * Output leaves at the end of the turn, heads also before it when there are enough of them. Body bytes
   * wait, so that a message is full: four times as many messages cost bulk bodies half their speed (measured).
   */
  #queueFlush(): void {
    if (this.#mux.waitingHeads >= HEADS_PER_MESSAGE) this.#guard(() => this.#flush(0))
    if (this.#queued) return
    this.#queued = true
    setImmediate(() => {
      this.#queued = false
      this.#guard(() => this.#flush(LIMITS.dataPerMessage))
    })
  }

  #flush(dataTarget: number): void {
    while (this.#socket.readyState === this.#socket.OPEN) {
      if (this.#socket.bufferedAmount >= SOCKET_BYTES) {
        this.#full = true
        return
      }
      const message = this.#mux.next(dataTarget, this.#buffers.take)
      if (message === undefined) return
      this.#options.meter?.sent(message.length)
      // The callback runs once the bytes have left this process: only then is there room for more.
      this.#socket.send(message, () => {
        this.#buffers.giveBack(message)
        if (!this.#full) return
        this.#full = false
        this.#queueFlush()
      })
    }
  }
}
