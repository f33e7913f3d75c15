import { ConnectionError } from '../tunnel/connection-error.ts'
import {
  encodeReset,
  HEAD_PREFIX_BYTES,
  inlineBodyBytes,
  readCredit,
  readReset,
} from '../tunnel/frame-payload.ts'
import {
  takeGoAway,
  takeHello,
  takePing,
  takePolicy,
  takePolicyAck,
  takeRival,
} from './connection-frames.ts'
import { FrameRates } from './frame-rates.ts'
import { takeGroup, takeJoin, takeLeave } from './group-frames.ts'
import { FLAG, FRAME, type Frame } from '../tunnel/frame.ts'
import { decodeRequestHead, decodeResponseHead, HeadError } from '../tunnel/heads.ts'
import { LIMITS } from '../limits.ts'
import type { MuxCore } from './mux-core.ts'
import { createStream, type MuxStream } from './mux-stream.ts'
import { RESET, type ResetCode } from '../tunnel/reset-code.ts'
import { readUint32 } from '../encoding/wire-integers.ts'

/**
 * The peer's frames, and what each one does: frames of streams here, of the connection in
 * connection-frames.ts, of groups in group-frames.ts. A frame that breaks its stream's rules costs that
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
        return takeHello(this.#core, frame.payload)
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
        return takePing(this.#core, frame, now)
      case FRAME.GO_AWAY:
        return takeGoAway(this.#core, frame.payload)
      case FRAME.POLICY:
        return takePolicy(this.#core, frame.payload)
      case FRAME.POLICY_ACK:
        return takePolicyAck(this.#core, frame.payload)
      case FRAME.JOIN:
        return takeJoin(this.#core, frame)
      case FRAME.GROUP:
        return takeGroup(this.#core, frame)
      case FRAME.LEAVE:
        return takeLeave(this.#core, frame.payload)
      case FRAME.RIVAL:
        return takeRival(this.#core, frame.payload)
    }
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
    // Confirmed even for a stream never opened: a RESET in answer could be answered endlessly.
    core.plan.control.push(FRAME.RESET, FLAG.ACK, id, encodeReset(code))
    if (core.role === 'acceptor') core.cancels.add(now)
    core.events.output()
    if (stream === undefined || stream.over || !stream.opened) return
    if (core.role === 'acceptor' || !stream.receiveEnded) {
      core.streams.remove(stream)
      core.events.reset(id, code)
      return
    }
    // The answer is complete, so this can only be about the upload.
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

  /** Undefined for an invalid head; the owner is told what is wrong. */
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
