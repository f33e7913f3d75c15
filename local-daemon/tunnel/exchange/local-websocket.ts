import { encodeHead } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import {
  encodeRecord,
  WebSocketRecordReader,
  type WebSocketRecord,
} from '../../../protocol/tunnel/websocket-record.ts'
import type { LocalStream } from './local-exchange.ts'
import type { AcceptedWebSocket, WebSocketListener } from '../tunnel-app.ts'

/** Who settles what becomes of it: its exchange. Each of them ends in `cut`. */
export interface WebSocketOwner {
  /** Something of ours or of the app's has failed. */
  fail(error: unknown): void
  /** The other side broke the rules. */
  giveUp(code: ResetCode): void
}

/** An accepted WebSocket of the tunnel: records on the stream, messages for the app. */
export class LocalWebSocket {
  readonly #stream: LocalStream
  readonly #reader = new WebSocketRecordReader(LIMITS.webSocketMessageBytes)
  readonly #owner: WebSocketOwner
  #listener: WebSocketListener | undefined
  #closed = false

  constructor(stream: LocalStream, accepted: AcceptedWebSocket, owner: WebSocketOwner) {
    this.#stream = stream
    this.#owner = owner
    const headers: [string, string][] =
      accepted.protocol === undefined ? [] : [['sec-websocket-protocol', accepted.protocol]]
    stream.respond(encodeHead({ status: 101, headers }), new Uint8Array(0), false)
    this.#guard(() => {
      this.#listener = accepted.start({
        send: (message) => this.#send(message),
        close: (code, reason) => this.#close(code, reason),
      })
    })
  }

  data(bytes: Uint8Array): void {
    this.#stream.consumed(bytes.length)
    if (this.#closed) return
    let records: readonly WebSocketRecord[]
    try {
      records = this.#reader.push(bytes)
    } catch {
      return this.#owner.giveUp(RESET.PROTOCOL_ERROR)
    }
    for (const record of records) this.#receive(record)
  }

  /** The client's side ended; without a close record before it, it was cut. */
  ended(): void {
    if (this.#closed) return
    this.#stream.end()
    this.cut()
  }

  cut(): void {
    if (this.#closed) return
    this.#closed = true
    this.#tellClosed(1006, '')
  }

  writable(): void {
    this.#guard(() => this.#listener?.drained?.())
  }

  #receive(record: WebSocketRecord): void {
    if (this.#closed) return
    if (record.kind === 'text') this.#guard(() => this.#listener?.message(record.text))
    else if (record.kind === 'binary') this.#guard(() => this.#listener?.message(record.bytes))
    else {
      this.#close(record.code, record.reason)
      this.#tellClosed(record.code, record.reason)
    }
  }

  /** A mistake of the app costs its own stream, not the connection that carries the others. */
  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#owner.fail(error)
    }
  }

  /** The last word to the app: whatever it makes of it, the stream is over. */
  #tellClosed(code: number, reason: string): void {
    try {
      this.#listener?.closed(code, reason)
    } catch (error) {
      this.#owner.fail(error)
    }
  }

  #send(message: string | Uint8Array): boolean {
    if (this.#closed) return true
    const record = encodeRecord(
      typeof message === 'string'
        ? { kind: 'text', text: message }
        : { kind: 'binary', bytes: message },
    )
    // The gateway would cut the WebSocket over it, and nobody would know why.
    if (record.length > LIMITS.webSocketMessageBytes)
      throw new RangeError(`send message: ${record.length} bytes`)
    return this.#stream.write(record)
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return
    // First: for a code that is none it throws, and the WebSocket is still open then.
    const record = encodeRecord({ kind: 'close', code, reason })
    this.#closed = true
    this.#stream.write(record)
    this.#stream.end()
  }
}
