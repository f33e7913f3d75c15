import { ReceiveCredit, SendCredit } from './credit.ts'
import { FLAG, FRAME, FrameError, decodeFrames, type Frame } from './frame.ts'
import {
  decodeRequestHead,
  decodeResponseHead,
  type RequestHead,
  type ResponseHead,
} from './heads.ts'
import { decodeHello, encodeHello, type Hello } from './hello.ts'
import { LIMITS } from './limits.ts'
import { MessagePlan } from './message-plan.ts'
import { createStream, type MuxStream } from './mux-stream.ts'
import { RateMeter } from './rate-meter.ts'
import { RESET, parseResetCode, type ResetCode } from './reset-code.ts'
import { grownWindow, openingWindow } from './window-growth.ts'

/** The gateway opens streams, the daemon accepts them. Both run this one machine. */
export type Role = 'opener' | 'acceptor'

/**
 * What the machine tells its owner, synchronously, from inside `receive` and `next`. The owner may
 * call back into the machine from any of them.
 */
export interface MultiplexerEvents {
  hello(hello: Hello): void
  /** Acceptor: a request. `end` says that it has no body. */
  open?(stream: number, head: RequestHead, end: boolean): void
  /** Opener: the answer's head with the body bytes that came in the same frame. */
  head?(stream: number, head: ResponseHead, body: Uint8Array, end: boolean): void
  /** Body bytes. The owner calls `consumed` once its reader has taken them. */
  data(stream: number, bytes: Uint8Array): void
  end(stream: number): void
  /** The stream is over before its end; what arrived is not the whole. */
  reset(stream: number, code: ResetCode): void
  /** The answer is whole, the rest of what we send is not wanted. */
  stopSending(stream: number): void
  /** A writer that was told to wait may go on. */
  writable(stream: number): void
  /** Both bodies were whole and are taken: nothing will be reported of the stream any more. */
  closed?(stream: number): void
  goAway(lastStream: number, code: ResetCode, reason: string): void
  /** There is something for `next` to send. May be called often; the owner coalesces. */
  output(): void
}

/** What outlives an object's sleep. Valid only while no stream is live. */
export interface MultiplexerSnapshot {
  readonly lastStream: number
  readonly sent: number
  readonly sendLimit: number
  readonly received: number
  readonly granted: number
  readonly greeted: boolean
  readonly leaving: boolean
}

export type OpenRefusal = 'going-away' | 'too-many-streams' | 'no-window' | 'too-many-cancels'

/** The peer broke the connection's rules: close the socket. Streams have failed already. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ResetCode
  constructor(message: string, code: ResetCode = RESET.PROTOCOL_ERROR, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Many streams over one message transport: credit both ways, heads before data, data in turns.
 * Does no I/O and knows no clock: bytes in by `receive`, bytes out by `next`, time as an argument.
 */
export class Multiplexer {
  readonly #role: Role
  readonly #events: MultiplexerEvents
  readonly #streams = new Map<number, MuxStream>()
  readonly #plan: MessagePlan
  readonly #send: SendCredit
  readonly #receive: ReceiveCredit
  readonly #cancels: RateMeter
  #promised = 0
  #live = 0
  #lastStream: number
  #greeted: boolean
  #leaving: boolean
  #closed = false
  #ping: { id: number; sentAt: number } | undefined
  #pings = 0
  #shortestMs = Number.POSITIVE_INFINITY
  readonly #sampled = new Set<MuxStream>()

  constructor(role: Role, events: MultiplexerEvents, hello: Hello, restored?: MultiplexerSnapshot) {
    this.#role = role
    this.#events = events
    this.#lastStream = restored?.lastStream ?? 0
    this.#greeted = restored?.greeted ?? false
    this.#leaving = restored?.leaving ?? false
    this.#send = new SendCredit(restored?.sendLimit ?? LIMITS.connectionWindow, restored?.sent)
    this.#receive = new ReceiveCredit(
      LIMITS.connectionWindow,
      restored?.granted,
      restored?.received,
    )
    // The acceptor is the backstop, not the first door: it tolerates twice what an honest opener sends.
    const cancels = role === 'opener' ? LIMITS.cancelledOpens : 2 * LIMITS.cancelledOpens
    this.#cancels = new RateMeter(cancels, LIMITS.cancelledOpensIntervalMs)
    this.#plan = new MessagePlan(this.#send)
    if (restored === undefined) this.#plan.control(FRAME.HELLO, 0, 0, encodeHello(hello))
  }

  /** Streams that hold a slot, those whose reset is not confirmed yet included. */
  get openStreams(): number {
    return this.#streams.size
  }

  /** No stream carries anything any more: a snapshot taken now is complete. */
  get quiet(): boolean {
    return this.#live === 0 && !this.#plan.pending
  }

  /** Shortest round trip seen, milliseconds; undefined before bulk data has been measured. */
  get roundTripMs(): number | undefined {
    return Number.isFinite(this.#shortestMs) ? this.#shortestMs : undefined
  }

  /** Bytes queued for one stream, not yet on the wire. */
  queued(stream: number): number {
    return this.#streams.get(stream)?.queue.bytes ?? 0
  }

  /** Why no stream can be opened now, or undefined. */
  refusal(now: number): OpenRefusal | undefined {
    if (this.#leaving || this.#closed) return 'going-away'
    if (this.#streams.size >= LIMITS.concurrentStreams) return 'too-many-streams'
    if (openingWindow(LIMITS.connectionWindow - this.#promised) === undefined) return 'no-window'
    if (this.#cancels.exceeded(now)) return 'too-many-cancels'
    return undefined
  }

  /**
   * Opens a stream. Ask `refusal` first.
   * @param head the encoded request head (heads.ts)
   * @param end the request has no body
   */
  open(head: Uint8Array, end: boolean): number {
    const window = openingWindow(LIMITS.connectionWindow - this.#promised) ?? LIMITS.streamWindowMin
    const id = this.#lastStream + 1
    this.#lastStream = id
    const stream = this.#add(createStream(id, LIMITS.streamWindowMin, window))
    stream.sendEnded = end
    stream.endQueued = end
    this.#plan.head(stream, FRAME.OPEN, end ? FLAG.END : 0, window, head)
    this.#events.output()
    return id
  }

  /**
   * Answers a stream.
   * @param body the first bytes of the body; small ones travel in the head's own frame
   * @param end the body is whole
   * @returns false: wait for `writable` before writing more
   */
  respond(id: number, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    const stream = this.#writable(id)
    if (stream === undefined || stream.headSent) return true
    stream.headSent = true
    stream.endQueued = end
    const inline =
      body.length <= LIMITS.inlineBodyBytes &&
      body.length <= stream.send.available &&
      body.length <= this.#send.available
    const whole = inline && end
    if (inline) {
      stream.send.spend(body.length)
      this.#send.spend(body.length)
    }
    this.#plan.head(
      stream,
      FRAME.HEAD,
      whole ? FLAG.END : 0,
      head.length,
      head,
      inline ? body : undefined,
    )
    stream.sendEnded = whole
    if (!inline) stream.queue.push(body)
    this.#plan.ready(stream)
    this.#events.output()
    stream.waiting = stream.queue.bytes >= LIMITS.sendQueueBytes
    return !stream.waiting
  }

  /** Queues body bytes. False: wait for `writable` before writing more. */
  write(id: number, bytes: Uint8Array): boolean {
    const stream = this.#writable(id)
    if (stream === undefined || (this.#role === 'acceptor' && !stream.headSent)) return true
    stream.queue.push(bytes)
    this.#plan.ready(stream)
    this.#events.output()
    stream.waiting = stream.queue.bytes >= LIMITS.sendQueueBytes
    return !stream.waiting
  }

  /** The body is whole. */
  end(id: number): void {
    const stream = this.#writable(id)
    if (stream === undefined) return
    stream.endQueued = true
    this.#plan.ready(stream)
    this.#events.output()
  }

  /** Ends a stream before its time. Nothing more is reported of it; its slot is freed by the answer. */
  reset(id: number, code: ResetCode, now: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.resetSent) return
    if (this.#role === 'opener') this.#cancels.add(now)
    if (this.#plan.forgetOpen(stream)) {
      this.#remove(stream)
      return
    }
    this.#sendReset(stream, code)
  }

  /** The owner's reader has taken `bytes` of what `data` or `head` handed over. */
  consumed(id: number, bytes: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.resetSent) return
    const grant = stream.receive.consume(bytes)
    if (grant && !stream.receiveEnded) this.#grant(stream)
    this.#consumeConnection(bytes)
    this.#removeIfDone(stream)
  }

  /** Announces a planned end: streams up to the last one are finished, new ones are refused. */
  goAway(code: ResetCode, reason: string): void {
    this.#leaving = true
    const text = new TextEncoder().encode(reason.slice(0, 256))
    const payload = new Uint8Array(8 + text.length)
    const view = new DataView(payload.buffer)
    view.setUint32(0, this.#lastStream)
    view.setUint32(4, code)
    payload.set(text, 8)
    this.#plan.control(FRAME.GO_AWAY, 0, 0, payload)
    this.#events.output()
  }

  /** The transport is gone: every live stream is reported as reset with CONNECTION_LOST. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const lost = [...this.#streams.values()].filter((stream) => !stream.resetSent)
    this.#streams.clear()
    this.#live = 0
    this.#plan.clear()
    for (const stream of lost) this.#events.reset(stream.id, RESET.CONNECTION_LOST)
  }

  snapshot(): MultiplexerSnapshot {
    return {
      lastStream: this.#lastStream,
      sent: this.#send.sent,
      sendLimit: this.#send.limit,
      received: this.#receive.received,
      granted: this.#receive.granted,
      greeted: this.#greeted,
      leaving: this.#leaving,
    }
  }

  /**
   * The next message to send, or undefined when there is nothing that credit allows. Heads and
   * control come first; `dataTarget` bounds the data in one message so that later heads wait little.
   */
  next(dataTarget: number = LIMITS.dataPerMessage): Uint8Array | undefined {
    if (this.#closed) return undefined
    const built = this.#plan.build(dataTarget)
    if (built === undefined) return undefined
    for (const stream of built.ended) this.#ended(stream)
    for (const stream of built.drained) this.#events.writable(stream.id)
    return built.message
  }

  /**
   * Takes one message from the peer.
   * @param now milliseconds of any steady clock
   * @throws ConnectionError when the peer broke the connection's rules; every stream has then failed
   */
  receive(message: Uint8Array, now: number): void {
    if (this.#closed) return
    try {
      if (message.length > LIMITS.messageBytes) {
        throw new ConnectionError(`receive message: ${message.length} bytes`, RESET.TOO_LARGE)
      }
      for (const frame of decodeFrames(message)) this.#frame(frame, now)
      if (this.#plan.controlFrames > LIMITS.controlFrames) {
        throw new ConnectionError(
          'send control frames: the peer takes none',
          RESET.ENHANCE_YOUR_CALM,
        )
      }
    } catch (cause) {
      this.close()
      if (cause instanceof FrameError)
        throw new ConnectionError(cause.message, undefined, { cause })
      throw cause
    }
  }

  #frame(frame: Frame, now: number): void {
    if (!this.#greeted && frame.type !== FRAME.HELLO) {
      throw new ConnectionError('read first frame: it must be HELLO')
    }
    switch (frame.type) {
      case FRAME.HELLO:
        return this.#onHello(frame.payload)
      case FRAME.OPEN:
        return this.#onOpen(frame, now)
      case FRAME.HEAD:
        return this.#onHead(frame)
      case FRAME.DATA:
        return this.#onData(frame, now)
      case FRAME.RESET:
        return this.#onReset(frame, now)
      case FRAME.CREDIT:
        return this.#onCredit(frame)
      case FRAME.PING:
        return this.#onPing(frame, now)
      case FRAME.GO_AWAY:
        return this.#onGoAway(frame.payload)
    }
  }

  #onHello(payload: Uint8Array): void {
    if (this.#greeted) throw new ConnectionError('read HELLO: there was one already')
    const hello = decodeHello(payload)
    if (hello === undefined) throw new ConnectionError('read HELLO: malformed or another version')
    this.#greeted = true
    this.#events.hello(hello)
  }

  #onOpen(frame: Frame, now: number): void {
    if (this.#role === 'opener')
      throw new ConnectionError('read OPEN: only the gateway opens streams')
    if (frame.stream <= this.#lastStream)
      throw new ConnectionError('read OPEN: stream ids must grow')
    this.#lastStream = frame.stream
    if (frame.payload.length < 4) return this.#refuse(frame.stream, RESET.PROTOCOL_ERROR)
    if (this.#leaving || this.#streams.size >= LIMITS.concurrentStreams) {
      return this.#refuse(frame.stream, RESET.REFUSED)
    }
    if (this.#cancels.exceeded(now)) return this.#refuse(frame.stream, RESET.ENHANCE_YOUR_CALM)
    const window = viewOf(frame.payload).getUint32(0)
    const head = attempt(() => decodeRequestHead(frame.payload.subarray(4)))
    if (head === undefined || window > LIMITS.streamWindowMax) {
      return this.#refuse(frame.stream, RESET.PROTOCOL_ERROR)
    }
    const end = (frame.flags & FLAG.END) !== 0
    const stream = this.#add(createStream(frame.stream, window, end ? 0 : LIMITS.streamWindowMin))
    stream.opened = true
    stream.headReceived = true
    stream.receiveEnded = end
    if (!end) this.#widen(stream, openingWindow(LIMITS.connectionWindow - this.#promised))
    this.#events.open?.(stream.id, head, end)
  }

  #onHead(frame: Frame): void {
    const stream = this.#receiving(frame)
    if (stream === undefined) return
    if (this.#role === 'acceptor' || stream.headReceived || frame.payload.length < 4) {
      return this.#fault(stream, RESET.PROTOCOL_ERROR)
    }
    const headBytes = viewOf(frame.payload).getUint32(0)
    if (headBytes > frame.payload.length - 4) return this.#fault(stream, RESET.PROTOCOL_ERROR)
    const head = attempt(() => decodeResponseHead(frame.payload.subarray(4, 4 + headBytes)))
    if (head === undefined) return this.#fault(stream, RESET.PROTOCOL_ERROR)
    const body = frame.payload.subarray(4 + headBytes)
    if (!this.#count(stream, body.length)) return
    stream.headReceived = true
    const end = (frame.flags & FLAG.END) !== 0
    stream.receiveEnded = end
    this.#events.head?.(stream.id, head, body, end)
    this.#removeIfDone(stream)
  }

  #onData(frame: Frame, now: number): void {
    const bytes = frame.payload
    if (bytes.length > LIMITS.dataBytes) {
      throw new ConnectionError('read DATA: larger than a frame may be', RESET.TOO_LARGE)
    }
    const stream = this.#receiving(frame)
    if (stream === undefined) return
    if (!stream.headReceived || stream.receiveEnded)
      return this.#fault(stream, RESET.PROTOCOL_ERROR)
    if (!this.#count(stream, bytes.length)) return
    const end = (frame.flags & FLAG.END) !== 0
    this.#sample(stream, now)
    if (bytes.length > 0) this.#events.data(stream.id, bytes)
    // The owner may have reset the stream, or closed everything, from inside that call.
    if (!end || stream.resetSent || this.#closed) return
    stream.receiveEnded = true
    this.#events.end(stream.id)
    this.#removeIfDone(stream)
  }

  #onReset(frame: Frame, now: number): void {
    const stream = this.#streams.get(frame.stream)
    if ((frame.flags & FLAG.ACK) !== 0) {
      if (stream?.resetSent === true) this.#remove(stream)
      return
    }
    if (frame.payload.length !== 4) throw new ConnectionError('read RESET: it has no code')
    const code = parseResetCode(viewOf(frame.payload).getUint32(0))
    // Confirmed even for a stream never opened: an answer of another kind could be answered for ever.
    this.#plan.control(FRAME.RESET, FLAG.ACK, frame.stream, uint32(code))
    this.#events.output()
    if (this.#role === 'acceptor') this.#cancels.add(now)
    if (stream === undefined || stream.resetSent) return
    this.#plan.drop(stream)
    if (stream.receiveEnded && this.#role === 'opener') {
      stream.sendEnded = true
      this.#events.stopSending(stream.id)
      this.#removeIfDone(stream)
      return
    }
    this.#remove(stream)
    this.#events.reset(stream.id, code)
  }

  #onCredit(frame: Frame): void {
    if (frame.payload.length !== 8) throw new ConnectionError('read CREDIT: it has no total')
    const view = viewOf(frame.payload)
    const total = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
    if (!Number.isSafeInteger(total)) throw new ConnectionError('read CREDIT: the total is absurd')
    if (frame.stream === 0) {
      if (this.#send.raise(total)) this.#events.output()
      return
    }
    const stream = this.#streams.get(frame.stream)
    if (stream === undefined || stream.resetSent) return
    if (stream.send.raise(total)) {
      this.#plan.ready(stream)
      this.#events.output()
    }
  }

  #onPing(frame: Frame, now: number): void {
    if (frame.payload.length !== 8) throw new ConnectionError('read PING: it is not 8 bytes')
    if ((frame.flags & FLAG.ACK) === 0) {
      this.#plan.control(FRAME.PING, FLAG.ACK, 0, frame.payload.slice())
      this.#events.output()
      return
    }
    const ping = this.#ping
    if (ping === undefined || viewOf(frame.payload).getUint32(4) !== ping.id) return
    this.#ping = undefined
    const roundTripMs = now - ping.sentAt
    this.#shortestMs = Math.min(this.#shortestMs, roundTripMs)
    for (const stream of this.#sampled) this.#grow(stream, roundTripMs)
    this.#sampled.clear()
  }

  #onGoAway(payload: Uint8Array): void {
    if (payload.length < 8) throw new ConnectionError('read GO_AWAY: too short')
    this.#leaving = true
    const view = viewOf(payload)
    const reason = new TextDecoder().decode(payload.subarray(8, 8 + 1024))
    this.#events.goAway(view.getUint32(0), parseResetCode(view.getUint32(4)), reason)
  }

  /** The stream that a HEAD or DATA frame is for; bytes for a stream that is over are only counted. */
  #receiving(frame: Frame): MuxStream | undefined {
    const stream = this.#streams.get(frame.stream)
    if (stream !== undefined && !stream.resetSent) return stream
    if (frame.stream > this.#lastStream) this.#refuse(frame.stream, RESET.UNKNOWN_STREAM)
    const bytes = frame.type === FRAME.DATA ? frame.payload.length : inlineBytes(frame.payload)
    this.#countConnection(bytes)
    this.#consumeConnection(bytes)
    return undefined
  }

  #count(stream: MuxStream, bytes: number): boolean {
    this.#countConnection(bytes)
    if (stream.receive.receive(bytes)) return true
    this.#fault(stream, RESET.FLOW_CONTROL)
    return false
  }

  #countConnection(bytes: number): void {
    if (!this.#receive.receive(bytes)) {
      throw new ConnectionError('read data: over the connection credit', RESET.FLOW_CONTROL)
    }
  }

  #consumeConnection(bytes: number): void {
    if (bytes > 0 && this.#receive.consume(bytes)) {
      this.#plan.credit(0, this.#receive.grant())
      this.#events.output()
    }
  }

  #grant(stream: MuxStream): void {
    this.#plan.credit(stream.id, stream.receive.grant())
    this.#events.output()
  }

  #widen(stream: MuxStream, window: number | undefined): void {
    if (window === undefined || window <= stream.receive.window) return
    this.#promised += window - stream.receive.window
    stream.receive.widen(window)
    this.#grant(stream)
  }

  /** Starts a round-trip measurement once a stream has used half its window since the last one. */
  #sample(stream: MuxStream, now: number): void {
    if (stream.receive.window >= LIMITS.streamWindowMax || stream.receiveEnded) return
    if (this.#sampled.has(stream)) return
    if (stream.receive.received - stream.mark < stream.receive.window / 2) return
    if (this.#ping === undefined) {
      this.#pings = (this.#pings + 1) % 2 ** 32
      this.#ping = { id: this.#pings, sentAt: now }
      const payload = new Uint8Array(8)
      viewOf(payload).setUint32(4, this.#pings)
      this.#plan.control(FRAME.PING, 0, 0, payload)
      this.#events.output()
    }
    stream.mark = stream.receive.received
    this.#sampled.add(stream)
  }

  #grow(stream: MuxStream, roundTripMs: number): void {
    if (!this.#streams.has(stream.id) || stream.resetSent || stream.receiveEnded) return
    const window = grownWindow({
      window: stream.receive.window,
      arrived: stream.receive.received - stream.mark,
      buffered: stream.receive.buffered,
      roundTripMs,
      shortestMs: this.#shortestMs,
      spare: LIMITS.connectionWindow - this.#promised,
    })
    this.#widen(stream, window)
  }

  #fault(stream: MuxStream, code: ResetCode): void {
    this.#sendReset(stream, code)
    this.#events.reset(stream.id, code)
  }

  #sendReset(stream: MuxStream, code: ResetCode): void {
    stream.resetSent = true
    this.#live -= 1
    this.#plan.drop(stream)
    this.#consumeConnection(stream.receive.buffered)
    this.#plan.control(FRAME.RESET, 0, stream.id, uint32(code))
    this.#events.output()
  }

  #refuse(id: number, code: ResetCode): void {
    this.#plan.control(FRAME.RESET, 0, id, uint32(code))
    this.#events.output()
  }

  /** Our END is on the wire (or in the head's frame). */
  #ended(stream: MuxStream): void {
    stream.sendEnded = true
    if (this.#role === 'acceptor' && !stream.receiveEnded && !stream.resetSent) {
      // The answer is whole: an upload that still runs would only fill the window of nobody.
      this.#fault(stream, RESET.NO_ERROR)
      return
    }
    this.#removeIfDone(stream)
  }

  #writable(id: number): MuxStream | undefined {
    const stream = this.#streams.get(id)
    if (stream === undefined || stream.resetSent || stream.endQueued) return undefined
    return stream
  }

  #add(stream: MuxStream): MuxStream {
    this.#streams.set(stream.id, stream)
    this.#promised += stream.receive.window
    this.#live += 1
    return stream
  }

  #removeIfDone(stream: MuxStream): void {
    if (stream.resetSent || !stream.sendEnded || !stream.receiveEnded) return
    if (stream.receive.buffered > 0) return
    this.#remove(stream)
    this.#events.closed?.(stream.id)
  }

  #remove(stream: MuxStream): void {
    if (!this.#streams.delete(stream.id)) return
    this.#promised -= stream.receive.window
    if (stream.resetSent) return
    this.#live -= 1
    this.#plan.drop(stream)
    this.#consumeConnection(stream.receive.buffered)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, value)
  return bytes
}

function inlineBytes(headPayload: Uint8Array): number {
  if (headPayload.length < 4) return 0
  return Math.max(0, headPayload.length - 4 - viewOf(headPayload).getUint32(0))
}

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
