import type { WebSocket } from 'ws'
import { frame } from './relay-frames.ts'

/** A bulk body that costs home nothing but sending: one message, again and again, as far as the object has asked for it. */
export class BulkSource {
  readonly #socket: WebSocket
  readonly #message: Uint8Array
  #left: number

  /** @param bytes of the body, a multiple of `piece` @param piece bytes of each message @param ahead messages to begin with */
  constructor(socket: WebSocket, number: number, bytes: number, piece: number, ahead: number) {
    this.#socket = socket
    this.#message = frame(number, new Uint8Array(piece))
    this.#left = bytes / piece
    for (let sent = 0; sent < ahead; sent += 1) this.more()
  }

  /** The client has taken a piece: here is the next. */
  more(): void {
    if (this.#left <= 0) return
    this.#left -= 1
    this.#socket.send(this.#message)
  }
}
