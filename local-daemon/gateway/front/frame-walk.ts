/** The head of a WebSocket frame (RFC 6455, section 5.2). */
export interface FrameHead {
  readonly isLast: boolean
  /** The three reserved bits. */
  readonly reserved: number
  readonly opcode: number
  readonly mask: Buffer | undefined
  /** Bytes of the payload; infinite for a number that is too large. */
  readonly length: number
  /** The length has more bytes than it needs. */
  readonly isPadded: boolean
}

export interface FrameVisitor<Fault> {
  head(frame: FrameHead): Fault | undefined
  /** A part of the payload as it came, masked; once, and empty, for a frame without one. */
  payload(bytes: Buffer, isWhole: boolean): Fault | undefined
}

const EMPTY = Buffer.alloc(0)

/** Parses a WebSocket's frames, in whatever pieces they come. Payloads are neither kept nor copied. */
export class FrameWalk<Fault> {
  readonly #visitor: FrameVisitor<Fault>
  #partialHead: Buffer = EMPTY
  #left = 0

  constructor(visitor: FrameVisitor<Fault>) {
    this.#visitor = visitor
  }

  /** No frame is unfinished. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#partialHead.length === 0
  }

  /** Visits what is in these bytes, up to the first fault. Do not call it again after one. */
  walk(bytes: Buffer): { readonly fault: Fault; readonly before: number } | undefined {
    let at = 0
    let began = 0
    while (at < bytes.length) {
      if (this.#left === 0) {
        began = at
        const kept = this.#partialHead
        const seen =
          kept.length === 0
            ? bytes.subarray(at)
            : Buffer.concat([kept, bytes.subarray(at, at + HEAD_MAX)])
        const size = headSize(seen)
        if (size === undefined || seen.length < size) {
          this.#partialHead = Buffer.from(seen)
          return undefined
        }
        at += size - kept.length
        this.#partialHead = EMPTY
        const frame = readHead(seen, size)
        const fault = this.#visitor.head(frame) ?? this.#emptyPayload(frame)
        if (fault !== undefined) return { fault, before: began }
        this.#left = frame.length
        continue
      }
      const part = bytes.subarray(at, at + this.#left)
      at += part.length
      this.#left -= part.length
      const fault = this.#visitor.payload(part, this.#left === 0)
      if (fault !== undefined) return { fault, before: began }
    }
    return undefined
  }

  #emptyPayload(frame: FrameHead): Fault | undefined {
    return frame.length === 0 ? this.#visitor.payload(EMPTY, true) : undefined
  }
}

const HEAD_MAX = 14

/** Bytes of the head that begins here; undefined until there are two. */
function headSize(bytes: Buffer): number | undefined {
  const second = bytes[1]
  if (second === undefined) return undefined
  const short = second & 0x7f
  return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0)
}

function readHead(bytes: Buffer, size: number): FrameHead {
  const first = bytes[0] ?? 0
  const second = bytes[1] ?? 0
  const short = second & 0x7f
  let length = short
  if (short === 126) length = bytes.readUInt16BE(2)
  if (short === 127) length = bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6)
  return {
    isLast: (first & 0x80) !== 0,
    reserved: (first >> 4) & 7,
    opcode: first & 15,
    mask: second & 0x80 ? Buffer.from(bytes.subarray(size - 4, size)) : undefined,
    length: Number.isSafeInteger(length) ? length : Number.POSITIVE_INFINITY,
    isPadded: (short === 126 && length < 126) || (short === 127 && length <= 0xffff),
  }
}
