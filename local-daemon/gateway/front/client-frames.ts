import { TextDecoder } from 'node:util'
import { isSendableCode } from '../../../protocol/tunnel/close-event.ts'
import { decodeText } from '../../../protocol/encoding/utf8.ts'
import { FrameWalk, type FrameHead, type FrameVisitor } from './frame-walk.ts'

/** A WebSocket client's violation: the close code for it (RFC 6455, section 7.4.1), and why. */
export interface FrameFault {
  readonly code: 1002 | 1007 | 1009
  readonly reason: string
}

export interface MessageLimits {
  /** Largest message, bytes. */
  readonly messageBytes: number
  /** What a fragment counts for besides its bytes: workerd keeps each one separately. */
  readonly fragmentBytes: number
}

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PONG = 10
const CONTROL_BYTES = 125

/**
 * Checks what a client sends on a WebSocket, by the heads of its frames (RFC 6455, sections 5.1, 5.2, 5.4, 5.5, 7.4 and 8.1).
 * It reads only the payloads of closes and texts; a binary one costs only its head.
 */
export class ClientFrames implements FrameVisitor<FrameFault> {
  readonly #limits: MessageLimits
  readonly #walk = new FrameWalk<FrameFault>(this)
  #frame: FrameHead | undefined
  /** Bytes read of the current frame, where the mask matters. */
  #seen = 0
  #close: Buffer[] = []
  #isClosed = false
  /** Of the unfinished message. */
  #bytes = 0
  #isOpen = false
  #text: TextDecoder | undefined

  constructor(limits: MessageLimits) {
    this.#limits = limits
  }

  /** Bytes that a receiver has to keep of the unfinished message. */
  get unfinished(): number {
    return this.#isOpen ? this.#bytes : 0
  }

  /** The client has sent its close: what follows is dropped. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many of these bytes may pass, and why no more. */
  read(bytes: Buffer): { readonly passing: number; readonly fault?: FrameFault } {
    if (this.#isClosed) return { passing: 0 }
    const stopped = this.#walk.walk(bytes)
    if (stopped === undefined) return { passing: bytes.length }
    const { fault, before } = stopped
    return { passing: before, fault }
  }

  head(frame: FrameHead): FrameFault | undefined {
    // What follows a close in the same bytes passes with them, and nobody reads it.
    if (this.#isClosed) return undefined
    const fault = headFault(frame) ?? this.#opcodeFault(frame)
    if (fault !== undefined) return fault
    this.#frame = frame
    this.#seen = 0
    if (frame.opcode >= CLOSE) return undefined
    if (frame.opcode === TEXT) this.#text = new TextDecoder('utf-8', { fatal: true })
    this.#isOpen = true
    const isWhole = frame.opcode !== CONTINUATION && frame.isLast
    this.#bytes += frame.length + (isWhole ? 0 : this.#limits.fragmentBytes)
    if (this.#bytes <= this.#limits.messageBytes) return undefined
    return { code: 1009, reason: 'message too large' }
  }

  payload(bytes: Buffer, isWhole: boolean): FrameFault | undefined {
    const frame = this.#frame
    if (frame === undefined || this.#isClosed) return undefined
    if (frame.opcode >= CLOSE) {
      if (frame.opcode === CLOSE) return this.#closePayload(frame, bytes, isWhole)
      return undefined
    }
    const ends = isWhole && frame.isLast
    if (this.#text !== undefined) {
      try {
        this.#text.decode(this.#unmasked(frame, bytes), { stream: !ends })
      } catch {
        return { code: 1007, reason: 'text that is no UTF-8' }
      }
    }
    if (ends) {
      this.#isOpen = false
      this.#bytes = 0
      this.#text = undefined
    }
    return undefined
  }

  #opcodeFault({ opcode }: FrameHead): FrameFault | undefined {
    if (opcode >= CLOSE) return undefined
    if (opcode === CONTINUATION && !this.#isOpen) return protocolFault('continuation of nothing')
    if (opcode !== CONTINUATION && this.#isOpen) return protocolFault('message within a message')
    return undefined
  }

  #closePayload(frame: FrameHead, bytes: Buffer, isWhole: boolean): FrameFault | undefined {
    this.#close.push(this.#unmasked(frame, bytes))
    if (!isWhole) return undefined
    const payload = Buffer.concat(this.#close)
    this.#isClosed = true
    if (payload.length === 0) return undefined
    if (payload.length === 1 || !isSentCode(payload.readUInt16BE(0))) {
      return protocolFault('no such close code')
    }
    if (decodeText(payload.subarray(2)) !== undefined) return undefined
    return { code: 1007, reason: 'close reason that is no UTF-8' }
  }

  /** The bytes themselves where the mask is of zeros, as the daemon's is. */
  #unmasked({ mask }: FrameHead, bytes: Buffer): Buffer {
    const from = this.#seen
    this.#seen += bytes.length
    if (mask === undefined || mask.every((byte) => byte === 0)) return bytes
    const plain = Buffer.allocUnsafe(bytes.length)
    for (let at = 0; at < bytes.length; at++) {
      plain[at] = (bytes[at] as number) ^ (mask[(from + at) & 3] as number)
    }
    return plain
  }
}

/** RFC 6455, section 7.4.2: 1016 to 2999 are reserved for future codes. */
function isSentCode(code: number): boolean {
  return isSendableCode(code) && !(code > 1014 && code < 3000)
}

function headFault(frame: FrameHead): FrameFault | undefined {
  const { opcode } = frame
  if (frame.mask === undefined) return protocolFault('frame without a mask')
  if (frame.reserved !== 0) return protocolFault('reserved bits')
  if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return protocolFault('no such opcode')
  if (opcode >= CLOSE && (!frame.isLast || frame.length > CONTROL_BYTES)) {
    return protocolFault('control frame in pieces or too long')
  }
  if (frame.isPadded || frame.length === Number.POSITIVE_INFINITY) {
    return protocolFault('length that is none')
  }
  return undefined
}

function protocolFault(reason: string): FrameFault {
  return { code: 1002, reason }
}
