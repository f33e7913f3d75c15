import { CLOSE } from '../../../protocol/tunnel/close-code.ts'
import {
  isRelayedClose,
  isSendableCode,
  REASON_BYTES,
} from '../../../protocol/tunnel/close-event.ts'
import { GATEWAY_HEADERS } from '../../../protocol/http/gateway-headers.ts'
import type { ResponseHead } from '../../../protocol/tunnel/heads.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import { RESET, type ResetCode } from '../../../protocol/tunnel/reset-code.ts'
import {
  encodeRecord,
  WebSocketRecordReader,
  type WebSocketRecord,
} from '../../../protocol/tunnel/websocket-record.ts'
import { cutText } from '../../../protocol/encoding/utf8.ts'
import type { Exchange, ExchangeStream, RelayedRequest } from './exchange.ts'
import { guarded } from './guarded.ts'
import { HttpExchange } from './http-exchange.ts'
import type { QueueShare } from './client-queues.ts'
import type { MessageMemory } from './message-memory.ts'
import { OutgoingPace } from './outgoing-pace.ts'
import { sendQuietly } from '../send-quietly.ts'

/**
 * A public WebSocket over one stream. The client's handshake is answered only after the daemon has
 * accepted; until then, and when the daemon declines, it is a plain request.
 */
export class WebSocketExchange implements Exchange {
  readonly response: Promise<Response>
  readonly #stream: ExchangeStream
  readonly requestId: string
  readonly #plain: HttpExchange
  readonly #records = new WebSocketRecordReader(LIMITS.webSocketMessageBytes)
  #settle!: (response: Response) => void
  #socket: WebSocket | undefined
  #pace: OutgoingPace | undefined
  readonly #share: QueueShare
  readonly #signal: () => AbortSignal
  #over = false

  constructor(
    stream: ExchangeStream,
    request: RelayedRequest,
    signal: () => AbortSignal,
    share: QueueShare,
    memory: MessageMemory,
  ) {
    this.#stream = stream
    this.#share = share
    this.#signal = signal
    this.requestId = request.requestId
    this.#plain = new HttpExchange(stream, request, undefined, signal, memory)
    const accepted = new Promise<Response>((resolve) => {
      this.#settle = resolve
    })
    this.response = Promise.race([accepted, this.#plain.response])
  }

  head(head: ResponseHead, body: Uint8Array, end: boolean): void {
    if (head.status !== 101 || end) {
      if (!end) this.#stream.end()
      return this.#plain.head(head, body, end)
    }
    // Nobody is there to whom its end could be closed. TODO: a client that leaves while the answer is on its way to it is told to neither
    // end by workerd (1.20261117.1), so the stream stays open until home ends it. No route of the daemon accepts a WebSocket yet.
    if (this.#signal().aborted) return this.#plain.watchClient()
    const { 0: client, 1: server } = new WebSocketPair()
    this.#socket = server
    this.#pace = new OutgoingPace(server, this.#stream)
    server.binaryType = 'arraybuffer'
    server.accept({ allowHalfOpen: true })
    const on = <Args extends readonly unknown[]>(hear: (...args: Args) => void) =>
      guarded(this.#stream, hear)
    const message = on(({ data }: MessageEvent) => this.#fromClient(data as string | ArrayBuffer))
    const close = on(({ code, reason }: CloseEvent) => this.#clientClosed(code, reason))
    server.addEventListener('message', message)
    server.addEventListener('close', close)
    server.addEventListener(
      'error',
      on(() => this.#clientClosed(1006, '')),
    )
    const protocol = head.headers.find(([name]) => name === 'sec-websocket-protocol')?.[1]
    const headers = {
      [GATEWAY_HEADERS.requestId]: this.requestId,
      ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
    }
    this.#settle(new Response(null, { status: 101, webSocket: client, headers }))
    this.data(body)
  }

  data(bytes: Uint8Array): void {
    if (this.#socket === undefined) return this.#plain.data(bytes)
    // Home's answer to a close: nobody reads it, and unread it would hold its stream open for ever.
    if (this.#over) return this.#stream.consumed(bytes.length)
    let records: readonly WebSocketRecord[]
    try {
      records = this.#records.push(bytes)
    } catch {
      return this.#fail(CLOSE.INTERNAL, 'unreadable message from home')
    }
    for (const record of records) this.#toClient(record)
    this.#pace?.sent(bytes.length)
  }

  end(): void {
    if (this.#socket === undefined) return this.#plain.end()
    // A WebSocket's clean end is its close record, which came before; END alone is a cut.
    this.#fail(1011, 'the connection to home was cut')
  }

  reset(code: ResetCode): void {
    this.#share.exceeds(0)
    if (this.#socket === undefined) return this.#plain.reset(code)
    this.#fail(code === RESET.GOING_AWAY ? 1001 : 1011, 'the connection to home was cut')
  }

  tokenRevoked(): void {
    if (this.#socket !== undefined) this.cutOff()
  }

  cutOff(): void {
    if (this.#socket === undefined) return this.#plain.cutOff()
    this.#fail(CLOSE.TOKEN_REVOKED, 'token revoked', RESET.GOING_AWAY)
  }

  watchClient(): void {
    if (this.#socket === undefined) this.#plain.watchClient()
  }

  stopSending(): void {
    this.#plain.stopSending()
  }

  writable(): void {
    // Nothing waits for it: a client's messages cannot be held back, only counted.
    this.#share.exceeds(this.#stream.queued())
  }

  #toClient(record: WebSocketRecord): void {
    const socket = this.#socket
    if (socket === undefined) return
    if (record.kind === 'text') sendQuietly(socket, record.text)
    else if (record.kind === 'binary') sendQuietly(socket, record.bytes)
    else {
      this.#finish()
      this.#stream.end()
      closeSocket(socket, record.code, record.reason)
    }
  }

  /** The platform cannot hold a client's messages back, so a client too fast for home is closed. */
  #fromClient(data: string | ArrayBuffer): void {
    if (this.#over) return
    const record = encodeRecord(
      typeof data === 'string'
        ? { kind: 'text', text: data }
        : { kind: 'binary', bytes: new Uint8Array(data) },
    )
    if (record.length > LIMITS.webSocketMessageBytes) return this.#fail(1009, 'message too large')
    this.#stream.write(record)
    if (this.#share.exceeds(this.#stream.queued())) this.#fail(1008, 'faster than home can take')
  }

  #clientClosed(code: number, reason: string): void {
    if (this.#over) return
    // After a connection that is lost nobody hears it; who sent a code that none may send does.
    if (!isRelayedClose(code)) return this.#fail(CLOSE.PROTOCOL_ERROR, 'no such close code')
    this.#finish()
    this.#stream.write(encodeRecord({ kind: 'close', code, reason }))
    this.#stream.end()
    if (this.#socket !== undefined) closeSocket(this.#socket, code, reason)
  }

  #fail(code: number, reason: string, told: ResetCode = RESET.CANCEL): void {
    if (this.#over) return
    this.#finish()
    this.#stream.reset(told)
    this.#share.exceeds(0)
    if (this.#socket !== undefined) closeSocket(this.#socket, code, reason)
  }

  #finish(): void {
    this.#over = true
    this.#pace?.stop()
  }
}

/** A code that may not be sent, and a reason that is too long for a frame, are left out: closed it is in any case. */
function closeSocket(socket: WebSocket, code: number, reason: string): void {
  const text = new TextDecoder().decode(cutText(new TextEncoder().encode(reason), REASON_BYTES))
  try {
    if (isSendableCode(code)) socket.close(code, text)
    else socket.close()
  } catch {
    // Closed by the other side in the meantime.
  }
}
