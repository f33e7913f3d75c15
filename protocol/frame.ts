/**
 * The frame codec: a 12-byte header, then the payload. All integers are big-endian.
 *
 *     0      1       2          4           8            12
 *     type   flags   reserved   stream id   payload len  payload …
 *
 * A WebSocket binary message carries one or more whole frames and nothing else.
 */

export const FRAME_HEADER_BYTES = 12

export const FRAME = {
  HELLO: 1,
  OPEN: 2,
  HEAD: 3,
  DATA: 4,
  RESET: 5,
  CREDIT: 6,
  PING: 7,
  GO_AWAY: 8,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]

/** END: the sender's last frame of this stream. ACK: this frame answers one of the same type. */
export const FLAG = { END: 1, ACK: 2 } as const

export interface Frame {
  readonly type: FrameType
  readonly flags: number
  /** 0 for the connection itself. */
  readonly stream: number
  /** A view into the message; copy it to keep it longer than the message. */
  readonly payload: Uint8Array
}

/** The message cannot be read: the connection must end, because the two sides no longer agree. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code = 'PROTOCOL_ERROR'
}

/** Which flags each type may carry; anything else is a peer that speaks another language. */
const ALLOWED_FLAGS: Readonly<Record<FrameType, number>> = {
  [FRAME.HELLO]: 0,
  [FRAME.OPEN]: FLAG.END,
  [FRAME.HEAD]: FLAG.END,
  [FRAME.DATA]: FLAG.END,
  [FRAME.RESET]: FLAG.ACK,
  [FRAME.CREDIT]: 0,
  [FRAME.PING]: FLAG.ACK,
  [FRAME.GO_AWAY]: 0,
}

/** Frames whose stream id says something: those must name one, or must not. */
const ON_CONNECTION: ReadonlySet<number> = new Set([FRAME.HELLO, FRAME.PING, FRAME.GO_AWAY])
const ON_STREAM: ReadonlySet<number> = new Set([FRAME.OPEN, FRAME.HEAD, FRAME.DATA, FRAME.RESET])

/** Writes a frame header at `at`; the caller writes the payload behind it. */
export function writeFrameHeader(
  view: DataView,
  at: number,
  type: FrameType,
  flags: number,
  stream: number,
  length: number,
): void {
  view.setUint8(at, type)
  view.setUint8(at + 1, flags)
  view.setUint16(at + 2, 0)
  view.setUint32(at + 4, stream)
  view.setUint32(at + 8, length)
}

/** One whole frame in bytes of its own. */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + frame.payload.length)
  const view = new DataView(bytes.buffer)
  writeFrameHeader(view, 0, frame.type, frame.flags, frame.stream, frame.payload.length)
  bytes.set(frame.payload, FRAME_HEADER_BYTES)
  return bytes
}

/**
 * Splits one message into its frames. Payloads are views, not copies.
 * @throws FrameError for anything but whole, well-formed frames, and for an empty message.
 */
export function decodeFrames(message: Uint8Array): Frame[] {
  if (message.length === 0) throw new FrameError('read message: it is empty')
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const frames: Frame[] = []
  let at = 0
  while (at < message.length) {
    if (message.length - at < FRAME_HEADER_BYTES) {
      throw new FrameError('read frame: the message ends inside a header')
    }
    const type = view.getUint8(at)
    const flags = view.getUint8(at + 1)
    const stream = view.getUint32(at + 4)
    const length = view.getUint32(at + 8)
    checkHeader(type, flags, view.getUint16(at + 2), stream)
    const start = at + FRAME_HEADER_BYTES
    if (length > message.length - start) {
      throw new FrameError('read frame: the message ends inside a payload')
    }
    const payload = message.subarray(start, start + length)
    frames.push({ type: type as FrameType, flags, stream, payload })
    at = start + length
  }
  return frames
}

function checkHeader(type: number, flags: number, reserved: number, stream: number): void {
  const allowed = ALLOWED_FLAGS[type as FrameType] as number | undefined
  if (allowed === undefined) throw new FrameError(`read frame: type ${type} is unknown`)
  if ((flags & ~allowed) !== 0) throw new FrameError(`read frame: flags ${flags} on type ${type}`)
  if (reserved !== 0) throw new FrameError('read frame: the reserved bytes are not zero')
  if (ON_CONNECTION.has(type) && stream !== 0) {
    throw new FrameError(`read frame: type ${type} belongs to the connection, not to a stream`)
  }
  if (ON_STREAM.has(type) && stream === 0) {
    throw new FrameError(`read frame: type ${type} needs a stream`)
  }
}
