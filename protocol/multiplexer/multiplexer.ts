import { ConnectionError } from '../tunnel/connection-error.ts'
import { decodeEdgePolicy } from '../tunnel/edge-policy.ts'
import { encodeGoAway, type Membership } from '../tunnel/frame-payload.ts'
import { FRAME, FrameError, FrameReader } from '../tunnel/frame.ts'
import { encodeHello, type Hello } from '../tunnel/hello.ts'
import { LIMITS } from '../limits.ts'
import type {
  MultiplexerEvents,
  MultiplexerSnapshot,
  OpenRefusal,
  Role,
} from './multiplexer-events.ts'
import type { AllocateMessage } from './message-writer.ts'
import { createCore, type MuxCore } from './mux-core.ts'
import { createStream, type MuxStream } from './mux-stream.ts'
import { PeerFrames } from './peer-frames.ts'
import { RESET, type ResetCode } from '../tunnel/reset-code.ts'
import type { Holder } from './shares.ts'
import { openingWindow } from './window-growth.ts'
import { uint64 } from '../encoding/wire-integers.ts'

export { ConnectionError } from '../tunnel/connection-error.ts'
export type { Membership } from '../tunnel/frame-payload.ts'
export type {
  MultiplexerEvents,
  MultiplexerSnapshot,
  OpenRefusal,
  Role,
} from './multiplexer-events.ts'

const LAST_STREAM_ID = 2 ** 32 - 1

/**
 * Many streams over one message transport: credit both ways, heads before data, data in turns.
 * Does no I/O and knows no clock: bytes in by `receive`, bytes out by `next`, time as an argument
 * (milliseconds of any one clock). What the peer's frames do is in peer-frames.ts, how streams end in
 * stream-table.ts, what is sent when in message-plan.ts.
 */
export class Multiplexer {
  readonly #core: MuxCore
  readonly #peer: PeerFrames

  constructor(role: Role, events: MultiplexerEvents, hello: Hello, restored?: MultiplexerSnapshot) {
    this.#core = createCore(role, events, restored)
    this.#peer = new PeerFrames(this.#core)
    if (restored === undefined) this.#core.plan.control.push(FRAME.HELLO, 0, 0, encodeHello(hello))
  }

  /** Takes one message from the peer. @throws ConnectionError as tunnel/README.md lists */
  receive(message: Uint8Array, now: number): void {
    const core = this.#core
    if (core.closed) return
    try {
      if (message.length > LIMITS.messageBytes) {
        throw new ConnectionError(`receive message: ${message.length} bytes`, RESET.TOO_LARGE)
      }
      const frames = new FrameReader(message)
      while (!core.closed && frames.next()) this.#peer.take(frames, now)
      if (core.plan.control.frames > LIMITS.controlFrames) {
        throw new ConnectionError('answer frames: the peer takes none', RESET.ENHANCE_YOUR_CALM)
      }
    } catch (cause) {
      this.close()
      if (!(cause instanceof FrameError)) throw cause
      throw new ConnectionError(cause.message, RESET.PROTOCOL_ERROR, { cause })
    }
  }

  /**
   * The next message to send, or undefined when there is nothing that credit allows.
   * @param dataTarget most bytes of DATA frames in it: what a head may have to wait for
   * @param allocate gives the message's bytes, for an owner that uses a buffer again
   */
  next(
    dataTarget: number = LIMITS.dataPerMessage,
    allocate: AllocateMessage = newMessage,
  ): Uint8Array | undefined {
    const { closed, plan, streams, events } = this.#core
    const built = closed ? undefined : plan.build(dataTarget, allocate)
    if (built === undefined) return undefined
    for (const stream of built.ended) streams.sent(stream)
    for (const stream of built.drained) if (!stream.over) events.writable(stream.id)
    return built.message
  }

  /** Why no stream can be opened now, or undefined. @param holder who opens; undefined: shares do not count */
  refusal(now: number, holder?: Holder): OpenRefusal | undefined {
    const closed = this.#closedDoor(holder)
    if (closed !== undefined) return closed
    return this.#core.cancels.exceeded(now, holder) ? 'too-many-cancels' : undefined
  }

  /**
   * Opens a stream. Ask `refusal` first.
   * @param head the encoded request head (heads.ts)
   * @param end the request has no body
   * @param holder whose share of the slots and windows it takes
   * @throws ConnectionError with REFUSED when `refusal` would have said no
   */
  open(head: Uint8Array, end: boolean, holder?: Holder): number {
    const core = this.#core
    const refusal = this.#closedDoor(holder)
    if (refusal !== undefined) throw new ConnectionError(`open stream: ${refusal}`, RESET.REFUSED)
    const window = openingWindow(core.budget.spare(holder))
    core.lastStream += 1
    const stream = createStream(core.lastStream, LIMITS.streamWindowMin, window, holder)
    stream.endQueued = end
    core.streams.add(stream)
    core.plan.heads.push(stream, { prefix: window, head, body: undefined, end })
    core.events.output()
    return stream.id
  }

  /**
   * Answers a stream.
   * @param head the encoded response head (heads.ts)
   * @param body the first bytes of the body; small ones travel in the head's own frame
   * @param end the body is whole
   * @returns false: wait for `writable` before writing more
   */
  respond(id: number, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    const { plan, send } = this.#core
    const stream = this.#writable(id)
    if (stream === undefined || stream.headSent) return true
    stream.headSent = true
    stream.endQueued = end
    const room = Math.min(LIMITS.inlineBodyBytes, stream.send.available, send.available)
    const inline = body.length <= room
    if (inline) {
      stream.send.spend(body.length)
      send.spend(body.length)
    }
    const whole = inline && end
    const prefix = head.length
    plan.heads.push(stream, { prefix, head, body: inline ? body : undefined, end: whole })
    if (!inline) stream.queue.push(body)
    if (!whole) plan.data.ready(stream)
    return this.#queued(stream)
  }

  /**
   * Queues body bytes; before `respond` the acceptor has none to send, and they are dropped.
   * @returns false: wait for `writable` before writing more
   */
  write(id: number, bytes: Uint8Array): boolean {
    const stream = this.#bodyOf(id)
    if (stream === undefined) return true
    stream.queue.push(bytes)
    this.#core.plan.data.ready(stream)
    return this.#queued(stream)
  }

  /** The body is whole. */
  end(id: number): void {
    const stream = this.#bodyOf(id)
    if (stream === undefined) return
    stream.endQueued = true
    this.#core.plan.data.ready(stream)
    this.#core.events.output()
  }

  /** Ends a stream early. It reports nothing more; its slot is freed by the confirmation. */
  reset(id: number, code: ResetCode, now: number): void {
    const { role, streams, cancels, closed } = this.#core
    const stream = streams.alive(id)
    if (stream === undefined) return
    if (role === 'opener') cancels.add(now, code === RESET.CANCEL ? stream.holder : undefined)
    if (closed) stream.over = true
    // An OPEN that was not sent yet is withdrawn: the other side never sees it.
    else if (!stream.opened) streams.remove(stream)
    else streams.reset(stream, code)
  }

  /** The owner's reader has taken `bytes` of what `data` or `head` handed over. */
  consumed(id: number, bytes: number): void {
    const { streams, plan, intake, events, closed } = this.#core
    const stream = closed ? undefined : streams.alive(id)
    if (stream === undefined) return
    const { receive } = stream
    const taken = Math.min(bytes, receive.buffered)
    if (!(taken > 0)) return
    receive.consume(taken)
    const grant = !stream.receiveEnded && receive.ungranted >= receive.window / 2
    if (grant) plan.control.credit(id, receive)
    if (intake.release(taken) || grant) events.output()
    streams.finish(stream)
  }

  /** Announces a planned end: streams up to the last one are finished, new ones are refused. */
  goAway(code: ResetCode, reason: string): void {
    const core = this.#core
    if (core.closed) return
    const { lastStream } = core
    core.leaving = true
    core.acceptUpTo = Math.min(core.acceptUpTo, lastStream)
    core.plan.control.push(FRAME.GO_AWAY, 0, 0, encodeGoAway({ lastStream, code, reason }))
    core.events.output()
  }

  /**
   * Acceptor: tells the gateway what it may decide itself. Replaces a policy that still waits.
   * @param payload as `encodeEdgePolicy` makes it; not copied
   * @throws TypeError for anything else: the gateway would end the connection over it
   */
  sendPolicy(payload: Uint8Array): void {
    const core = this.#core
    const policy = decodeEdgePolicy(payload)
    if (policy === undefined) throw new TypeError('send policy: the gateway could not read it')
    if (core.closed) return
    core.policyVersion = policy.version
    core.plan.control.policy(payload)
    core.events.output()
  }

  /** Opener: the policy of this version is kept, and decided by. */
  ackPolicy(version: number): void {
    const core = this.#core
    if (core.closed) return
    core.plan.control.push(FRAME.POLICY_ACK, 0, 0, uint64(version))
    core.events.output()
  }

  /** Opener: another process with this identity asked for this connection's place and was refused. */
  tellRival(): void {
    const core = this.#core
    if (core.closed) return
    core.plan.control.push(FRAME.RIVAL, 0, 0, NOTHING)
    core.events.output()
  }

  /** Acceptor: everything written to this stream has been sent, so that it may `join`. */
  settled(id: number): boolean {
    const stream = this.#bodyOf(id)
    return stream !== undefined && stream.outgoing === undefined && stream.queue.bytes === 0
  }

  /** Acceptor: moves the client of a settled stream to a group. The stream's last frame. */
  join(id: number, membership: Membership): void {
    const { plan, streams, events } = this.#core
    const stream = this.settled(id) ? streams.alive(id) : undefined
    if (stream === undefined) throw new TypeError('join group: the stream has not settled')
    stream.endQueued = true
    stream.sendEnded = true
    plan.groups.join(id, membership)
    streams.sent(stream)
    events.output()
  }

  /**
   * Acceptor: the same events for every member of a group.
   * @param events whole ones; not copied
   * @returns bytes that wait in all groups together
   */
  sendGroup(group: number, events: Uint8Array): number {
    const { plan, closed, events: owner } = this.#core
    if (closed) return 0
    plan.groups.send(group, events)
    owner.output()
    return plan.groups.bytes
  }

  /** Acceptor: ends this group; its members request their streams again. */
  endGroup(group: number): void {
    if (this.#core.closed) return
    this.#core.plan.groups.end(group)
    this.#core.events.output()
  }

  /**
   * A member leaves.
   * @param farewell acceptor: its last events, at most `LIMITS.farewellBytes`
   */
  leave(membership: Membership, farewell: Uint8Array = NOTHING): void {
    if (this.#core.closed) return
    if (farewell.length > LIMITS.farewellBytes)
      throw new TypeError('leave group: too long a farewell')
    this.#core.plan.groups.leave(membership, farewell)
    this.#core.events.output()
  }

  /** The transport is gone: every live stream is reported as reset with CONNECTION_LOST. */
  close(): void {
    if (this.#core.closed) return
    this.#core.closed = true
    this.#core.plan.clear()
    this.#core.streams.lose()
  }

  /** What a sleeping object must keep. Take it only while `quiet`. */
  snapshot(): MultiplexerSnapshot {
    const { lastStream, greeted, leaving, send, intake } = this.#core
    const { received, granted } = intake
    return {
      lastStream,
      sent: send.sent,
      sendLimit: send.limit,
      received,
      granted,
      greeted,
      leaving,
    }
  }

  /** No stream carries anything any more and nothing waits: a snapshot taken now is complete. */
  get quiet(): boolean {
    return this.#core.streams.live === 0 && !this.#core.plan.pending
  }

  /** Heads that wait for the next message. */
  get waitingHeads(): number {
    return this.#core.plan.heads.size
  }

  /** Streams that hold a slot, those whose reset is not confirmed yet included. */
  get openStreams(): number {
    return this.#core.streams.size
  }

  /** Shortest round trip seen, milliseconds; undefined before bulk data has been measured. */
  get roundTripMs(): number | undefined {
    return this.#core.tuner.roundTripMs
  }

  /** Body bytes that arrived and that no reader has taken, all streams together. */
  get unread(): number {
    return this.#core.intake.held
  }

  /** Bytes that the windows promise beyond what every slot has set aside; 0 without streams. */
  get promised(): number {
    return this.#core.budget.promised
  }

  /** Body bytes queued for one stream, not yet on the wire. */
  queued(id: number): number {
    return this.#core.streams.alive(id)?.queue.bytes ?? 0
  }

  #closedDoor(holder?: Holder): OpenRefusal | undefined {
    const { closed, leaving, lastStream, streams } = this.#core
    if (closed || leaving || lastStream >= LAST_STREAM_ID) return 'going-away'
    return streams.full(holder) ? 'too-many-streams' : undefined
  }

  #writable(id: number): MuxStream | undefined {
    const stream = this.#core.closed ? undefined : this.#core.streams.alive(id)
    return stream === undefined || stream.endQueued ? undefined : stream
  }

  #bodyOf(id: number): MuxStream | undefined {
    const stream = this.#writable(id)
    return this.#core.role === 'acceptor' && stream?.headSent !== true ? undefined : stream
  }

  #queued(stream: MuxStream): boolean {
    // First: an owner that sends from inside `output` may have drained the queue already.
    this.#core.events.output()
    stream.waiting = stream.queue.bytes >= LIMITS.sendQueueBytes
    return !stream.waiting
  }
}

const NOTHING = new Uint8Array(0)

function newMessage(size: number): Uint8Array {
  return new Uint8Array(size)
}
