import { ConnectionError } from '../tunnel/connection-error.ts'
import { decodeEdgePolicy } from '../tunnel/edge-policy.ts'
import {
  encodeReset,
  GROUP_PREFIX_BYTES,
  HEAD_PREFIX_BYTES,
  inlineBodyBytes,
  MEMBERSHIP_BYTES,
  readCredit,
  readGoAway,
  readGroup,
  readMembership,
  readPing,
  readPolicyAck,
  readReset,
} from '../tunnel/frame-payload.ts'
import { FrameRates } from './frame-rates.ts'
import { FLAG, FRAME, type Frame } from '../tunnel/frame.ts'
import { decodeRequestHead, decodeResponseHead, HeadError } from '../tunnel/heads.ts'
import { decodeHello } from '../tunnel/hello.ts'
import { LIMITS } from '../limits.ts'
import type { MuxCore } from './mux-core.ts'
import { createStream, type MuxStream } from './mux-stream.ts'
import { RESET, type ResetCode } from '../tunnel/reset-code.ts'
import { readUint32 } from '../encoding/wire-integers.ts'

/**
 * What the other side says, and what follows from it. A frame that breaks its stream's rules costs that
 * stream (RESET with a code); one that breaks the connection's throws and costs the connection.
 */
export class PeerFrames {
  readonly #core: MuxCore
  readonly #rates = new FrameRates()

  constructor(core: MuxCore) {
    this.#core = core
  }

  /** @throws ConnectionError */
  take(frame: Frame, now: number): void {
    this.#rates.take(frame.type, now)
    if (!this.#core.greeted && frame.type !== FRAME.HELLO) {
      throw new ConnectionError('read first frame: it must be HELLO')
    }
    switch (frame.type) {
      case FRAME.HELLO:
        return this.#hello(frame.payload)
      case FRAME.OPEN:
        return this.#open(frame, now)
      case FRAME.HEAD:
        return this.#head(frame)
      case FRAME.DATA:
        return this.#data(frame, now)
      case FRAME.RESET:
        return this.#reset(frame, now)
      case FRAME.CREDIT:
        return this.#credit(frame)
      case FRAME.PING:
        return this.#ping(frame, now)
      case FRAME.GO_AWAY:
        return this.#goAway(frame.payload)
      case FRAME.POLICY:
        return this.#policy(frame.payload)
      case FRAME.POLICY_ACK:
        return this.#policyAck(frame.payload)
      case FRAME.JOIN:
        return this.#join(frame)
      case FRAME.GROUP:
        return this.#group(frame)
      case FRAME.LEAVE:
        return this.#leave(frame.payload)
      case FRAME.RIVAL:
        return this.#rival(frame.payload)
    }
  }

  #hello(payload: Uint8Array): void {
    if (this.#core.greeted) throw new ConnectionError('read HELLO: there was one already')
    const hello = decodeHello(payload)
    if (hello === undefined) throw new ConnectionError('read HELLO: malformed or another version')
    this.#core.greeted = true
    this.#core.events.hello(hello)
  }

  #open({ stream: id, payload, flags }: Frame, now: number): void {
    const core = this.#core
    if (core.role === 'opener') throw new ConnectionError('read OPEN: only the gateway opens')
    if (id <= core.lastStream) throw new ConnectionError('read OPEN: stream ids must grow')
    core.lastStream = id
    if (id > core.acceptUpTo || core.streams.size >= LIMITS.concurrentStreams) {
      return this.#refuse(id, RESET.REFUSED)
    }
    if (core.cancels.exceeded(now)) return this.#refuse(id, RESET.ENHANCE_YOUR_CALM)
    if (payload.length < HEAD_PREFIX_BYTES) return this.#refuse(id, RESET.PROTOCOL_ERROR)
    const window = readUint32(payload, 0)
    const headBytes = payload.subarray(HEAD_PREFIX_BYTES)
    if (headBytes.length > LIMITS.headBytes) return this.#refuse(id, RESET.TOO_LARGE)
    const head = this.#decode(id, decodeRequestHead, headBytes)
    if (head === undefined || window > LIMITS.streamWindowMax) {
      return this.#refuse(id, RESET.PROTOCOL_ERROR)
    }
    const end = (flags & FLAG.END) !== 0
    const stream = createStream(id, window, end ? 0 : LIMITS.streamWindowMin)
    stream.opened = true
    stream.headReceived = true
    stream.receiveEnded = end
    stream.endReported = end
    core.streams.add(stream)
    core.events.open?.(id, head, end)
    if (end || stream.over) return
    core.tuner.opened(stream)
    core.events.output()
  }

  #head({ stream: id, payload, flags }: Frame): void {
    const core = this.#core
    const bodyBytes = inlineBodyBytes(payload)
    const stream = this.#receiving(id, bodyBytes)
    if (stream === undefined) return
    if (core.role === 'acceptor' || stream.headReceived || payload.length < HEAD_PREFIX_BYTES) {
      return this.#discard(stream, bodyBytes, RESET.PROTOCOL_ERROR)
    }
    const bodyAt = HEAD_PREFIX_BYTES + readUint32(payload, 0)
    if (bodyAt > payload.length) return this.#discard(stream, 0, RESET.PROTOCOL_ERROR)
    if (bodyAt - HEAD_PREFIX_BYTES > LIMITS.headBytes || bodyBytes > LIMITS.inlineBodyBytes) {
      return this.#discard(stream, bodyBytes, RESET.TOO_LARGE)
    }
    const head = this.#decode(id, decodeResponseHead, payload.subarray(HEAD_PREFIX_BYTES, bodyAt))
    if (head === undefined) return this.#discard(stream, bodyBytes, RESET.PROTOCOL_ERROR)
    if (!stream.receive.receive(bodyBytes)) {
      return this.#discard(stream, bodyBytes, RESET.FLOW_CONTROL)
    }
    const end = (flags & FLAG.END) !== 0
    stream.headReceived = true
    stream.receiveEnded = end
    stream.endReported = end
    core.events.head?.(id, head, payload.subarray(bodyAt), end)
    core.streams.finish(stream)
  }

  #data({ stream: id, payload, flags }: Frame, now: number): void {
    const core = this.#core
    const bytes = payload.length
    if (bytes > LIMITS.dataBytes) {
      throw new ConnectionError('read DATA: larger than a frame may be', RESET.TOO_LARGE)
    }
    const stream = this.#receiving(id, bytes)
    if (stream === undefined) return
    const end = (flags & FLAG.END) !== 0
    // An empty frame without END says nothing; a flood of them would be work for free.
    if (!stream.headReceived || stream.receiveEnded || (bytes === 0 && !end)) {
      return this.#discard(stream, bytes, RESET.PROTOCOL_ERROR)
    }
    if (!stream.receive.receive(bytes)) return this.#discard(stream, bytes, RESET.FLOW_CONTROL)
    stream.receiveEnded = end
    if (bytes > 0) {
      core.events.data(id, payload)
      // The owner may have reset the stream, or closed everything, from inside that call.
      if (stream.over) return
    }
    if (end) {
      stream.endReported = true
      core.tuner.forget(stream)
      core.events.end(id)
      core.streams.finish(stream)
    } else if (core.tuner.arrived(stream, bytes, core.intake.received, now)) {
      core.events.output()
    }
  }

  #reset({ stream: id, payload, flags }: Frame, now: number): void {
    const core = this.#core
    const code = readReset(payload)
    const stream = core.streams.get(id)
    if ((flags & FLAG.ACK) !== 0) {
      if (stream?.over === true) core.streams.remove(stream)
      return
    }
    // Confirmed even for a stream never opened: an answer of another kind could be answered for ever.
    core.plan.control.push(FRAME.RESET, FLAG.ACK, id, encodeReset(code))
    if (core.role === 'acceptor') core.cancels.add(now)
    core.events.output()
    if (stream === undefined || stream.over || !stream.opened) return
    if (core.role === 'acceptor' || !stream.receiveEnded) {
      core.streams.remove(stream)
      core.events.reset(id, code)
      return
    }
    // The answer is whole already, so this can only be about the upload.
    if (stream.sendEnded) return
    core.plan.drop(stream)
    stream.endQueued = true
    stream.sendEnded = true
    core.events.stopSending(id)
    core.streams.finish(stream)
  }

  #credit({ stream: id, payload }: Frame): void {
    const core = this.#core
    const total = readCredit(payload)
    if (id === 0) {
      if (core.send.raise(total)) core.events.output()
      return
    }
    const stream = core.streams.alive(id)
    if (stream === undefined || !stream.opened) return
    core.events.begun?.(id)
    if (!stream.send.raise(total)) return
    core.plan.data.ready(stream)
    core.events.output()
  }

  #ping({ payload, flags }: Frame, now: number): void {
    const core = this.#core
    const id = readPing(payload)
    if ((flags & FLAG.ACK) !== 0) core.tuner.answered(id, now)
    else core.plan.control.push(FRAME.PING, FLAG.ACK, 0, payload.slice())
    core.events.output()
  }

  #goAway(payload: Uint8Array): void {
    const core = this.#core
    const { lastStream, code, reason } = readGoAway(payload)
    core.leaving = true
    // Heads travel behind control: streams opened before the GO_AWAY may still arrive after it.
    core.acceptUpTo = Math.min(core.acceptUpTo, lastStream)
    core.events.goAway(lastStream, code, reason)
  }

  #policy(payload: Uint8Array): void {
    const { role, events } = this.#core
    if (role === 'acceptor') throw new ConnectionError('read POLICY: only the daemon sends one')
    const policy = decodeEdgePolicy(payload)
    if (policy === undefined) throw new ConnectionError('read POLICY: malformed or too large')
    events.policy?.(policy)
  }

  #policyAck(payload: Uint8Array): void {
    const { role, policyVersion, events } = this.#core
    const version = readPolicyAck(payload)
    if (role === 'opener') {
      throw new ConnectionError('read POLICY_ACK: only the gateway sends one')
    }
    // Of an older one: overtaken, its successor's is on the way. Of another: never sent, and no news.
    if (version === policyVersion) events.policyAck?.(version)
  }

  #rival(payload: Uint8Array): void {
    const { role, events } = this.#core
    if (role === 'opener') throw new ConnectionError('read RIVAL: only the gateway sends one')
    if (payload.length > 0) throw new ConnectionError('read RIVAL: it is not 0 bytes')
    events.rival?.()
  }

  #join({ stream: id, payload }: Frame): void {
    const core = this.#core
    const membership = readMembership(payload)
    if (core.role === 'acceptor') throw new ConnectionError('read JOIN: only the daemon sends one')
    if (payload.length !== MEMBERSHIP_BYTES) throw new ConnectionError('read JOIN: too long')
    const stream = core.streams.alive(id)
    if (stream === undefined || !stream.opened) {
      // Given up on the way here: home must not keep a member that nobody follows.
      core.plan.groups.leave(membership, NOTHING)
      core.events.output()
      return
    }
    if (!stream.headReceived || stream.receiveEnded) {
      core.plan.groups.leave(membership, NOTHING)
      return core.streams.fault(stream, RESET.PROTOCOL_ERROR)
    }
    stream.receiveEnded = true
    stream.endReported = true
    core.tuner.forget(stream)
    core.events.joined?.(id, membership)
    core.streams.finish(stream)
  }

  #group({ payload, flags }: Frame): void {
    const core = this.#core
    const group = readGroup(payload)
    if (core.role === 'acceptor') throw new ConnectionError('read GROUP: only the daemon sends one')
    const events = payload.subarray(GROUP_PREFIX_BYTES)
    this.#passOn(events, () => core.events.group?.(group, events))
    if ((flags & FLAG.END) !== 0) core.events.groupEnd?.(group)
  }

  #leave(payload: Uint8Array): void {
    const core = this.#core
    const membership = readMembership(payload)
    const farewell = payload.subarray(MEMBERSHIP_BYTES)
    const most = core.role === 'acceptor' ? 0 : LIMITS.farewellBytes
    if (farewell.length > most) throw new ConnectionError('read LEAVE: too long')
    this.#passOn(farewell, () => {})
    core.events.left?.(membership, farewell)
  }

  /** Events that need no reader's credit: who is too slow for them is dropped. */
  #passOn(events: Uint8Array, tell: () => void): void {
    if (events.length === 0) return
    if (events.length > LIMITS.dataBytes) {
      throw new ConnectionError('read GROUP: larger than a frame may be', RESET.TOO_LARGE)
    }
    const { intake, events: owner } = this.#core
    intake.count(events.length)
    tell()
    if (intake.release(events.length)) owner.output()
  }

  /** Undefined for a head that is none; the owner is told what is wrong with it. */
  #decode<T>(stream: number, decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
    try {
      return decode(bytes)
    } catch (error) {
      if (!(error instanceof HeadError)) throw error
      this.#core.events.malformed?.(stream, error)
      return undefined
    }
  }

  /** The stream that body bytes are for, which are counted; if it is over, they are only counted. */
  #receiving(id: number, bytes: number): MuxStream | undefined {
    const core = this.#core
    core.intake.count(bytes)
    const stream = core.streams.get(id)
    if (stream !== undefined && stream.opened && !stream.over) return stream
    const unknown = stream === undefined ? id > core.lastStream : !stream.opened
    const granted = core.intake.release(bytes)
    if (unknown) this.#refuse(id, RESET.UNKNOWN_STREAM)
    else if (granted) core.events.output()
    return undefined
  }

  /** Body bytes that no reader will see, and the end of their stream. */
  #discard(stream: MuxStream, bytes: number, code: ResetCode): void {
    this.#core.intake.release(bytes)
    this.#core.streams.fault(stream, code)
  }

  #refuse(id: number, code: ResetCode): void {
    this.#core.plan.control.push(FRAME.RESET, 0, id, encodeReset(code))
    this.#core.events.output()
  }
}

const NOTHING = new Uint8Array(0)
