import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { linger } from '../../network/linger.ts'
import type { ClientDeadline } from './client-deadline.ts'
import type { FrameFault } from './client-frames.ts'
import type { ConnectionParts } from './connection-parts.ts'
import { freeBytes } from './free-bytes.ts'
import type { WebSocketUse } from './request-head.ts'
import { WebSocketGuard } from './web-socket-guard.ts'

/** What a WebSocket has of the connection that became one. */
export interface WebSocketEnds {
  readonly client: Socket
  readonly workerd: Duplex
  readonly deadline: ClientDeadline
  readonly toWorkerd: (bytes: Buffer) => void
  /** Nothing more is taken from the client; ends this too. */
  readonly finish: () => void
}

/** A connection after its WebSocket's handshake: frames are checked as they pass, and closes have a deadline. */
export class ClientWebSocket {
  readonly #ends: WebSocketEnds
  readonly #limits: ConnectionParts['limits']
  readonly #guard: WebSocketGuard
  #over = false

  constructor(
    use: WebSocketUse,
    { limits, messages, address }: ConnectionParts,
    ends: WebSocketEnds,
  ) {
    this.#ends = ends
    this.#limits = limits
    this.#guard = new WebSocketGuard({
      use,
      limits,
      messages,
      address,
      cut: (fault) => this.#refuse(fault),
    })
  }

  fromClient(bytes: Buffer): void {
    const guard = this.#guard
    if (guard.isClientClosed) return
    const { passing, fault } = guard.client(bytes)
    if (this.#over) return
    if (passing > 0) {
      this.#ends.toWorkerd(passing === bytes.length ? bytes : bytes.subarray(0, passing))
    }
    if (fault !== undefined) return this.#refuse(fault)
    if (guard.isClientClosed) this.#expectClose()
    freeBytes(bytes, this.#ends.workerd)
  }

  /** @returns false: the client takes no more for now */
  toClient(bytes: Buffer): boolean {
    const { client } = this.#ends
    if (this.#guard.isClosing) return client.write(bytes)
    this.#guard.gateway(bytes)
    // Once the client has the close, it has some time to answer.
    return client.write(bytes, this.#guard.isClosing ? () => this.#expectClose() : undefined)
  }

  /** workerd says no more. */
  lingerOut(): void {
    linger(this.#ends.client, { ...this.#limits, lingerMs: this.#limits.webSocketCloseMs })
  }

  /** It is over, and holds nothing any more. */
  end(): void {
    this.#over = true
    this.#guard.end()
  }

  /** One side has said its close: what is still to be said takes no long time. */
  #expectClose(): void {
    const { deadline } = this.#ends
    if (!this.#over && deadline.of !== 'close')
      deadline.expect('close', this.#limits.webSocketCloseMs)
  }

  /** The client broke the rules of the WebSocket: workerd sees a cut, and the client why. */
  #refuse(fault: FrameFault): void {
    const { client, workerd, finish } = this.#ends
    const close = this.#guard.closeFor(fault)
    finish()
    // What came before it is still workerd's, without a clean end.
    workerd.end()
    if (close === undefined) {
      client.destroy()
      return
    }
    client.write(close)
    this.lingerOut()
  }
}
