import { readUint32 } from '../encoding/wire-integers.ts'

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
  POLICY: 9,
  POLICY_ACK: 10,
  JOIN: 11,
  GROUP: 12,
  LEAVE: 13,
  RIVAL: 14,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]

/** END: the sender's last frame of this stream, or of this group. ACK: this frame answers one of the same type. */
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

type Scope = 'connection' | 'stream' | 'either'

interface FrameRule {
  readonly flags: number
  readonly scope: Scope
}

/** The flags that each frame may carry, and whether it names a stream. Anything else is an error. */
const RULES: Readonly<Record<keyof typeof FRAME, FrameRule>> = {
  HELLO: { flags: 0, scope: 'connection' },
  OPEN: { flags: FLAG.END, scope: 'stream' },
  HEAD: { flags: FLAG.END, scope: 'stream' },
  DATA: { flags: FLAG.END, scope: 'stream' },
  RESET: { flags: FLAG.ACK, scope: 'stream' },
  CREDIT: { flags: 0, scope: 'either' },
  PING: { flags: FLAG.ACK, scope: 'connection' },
  GO_AWAY: { flags: 0, scope: 'connection' },
  POLICY: { flags: 0, scope: 'connection' },
  POLICY_ACK: { flags: 0, scope: 'connection' },
  JOIN: { flags: 0, scope: 'stream' },
  GROUP: { flags: FLAG.END, scope: 'connection' },
  LEAVE: { flags: 0, scope: 'connection' },
  RIVAL: { flags: 0, scope: 'connection' },
}

/** The same by the number on the wire. */
const RULE_OF: readonly (FrameRule | undefined)[] = byNumber()

/** Iterates over the frames of one message. It is itself the current frame: only the view is allocated per frame. */
export class FrameReader implements Frame {
  readonly #message: Uint8Array
  #at = 0
  type: FrameType = FRAME.HELLO
  flags = 0
  stream = 0
  payload: Uint8Array = NOTHING

  /** @throws FrameError for an empty message */
  constructor(message: Uint8Array) {
    if (message.length === 0) throw new FrameError('read message: it is empty')
    this.#message = message
  }

  /**
   * Steps to the next frame; false after the last one.
   * @throws FrameError for anything but a whole, well-formed frame
   */
  next(): boolean {
    const message = this.#message
    const at = this.#at
    if (at === message.length) return false
    const start = at + FRAME_HEADER_BYTES
    if (start > message.length) throw new FrameError('read frame: the message ends inside a header')
    const type = message[at] as number
    const flags = message[at + 1] as number
    const stream = readUint32(message, at + 4)
    checkHeader(type, flags, stream)
    if (message[at + 2] !== 0 || message[at + 3] !== 0) {
      throw new FrameError('read frame: the reserved bytes are not zero')
    }
    const end = start + readUint32(message, at + 8)
    if (end > message.length) throw new FrameError('read frame: the message ends inside a payload')
    this.type = type as FrameType
    this.flags = flags
    this.stream = stream
    this.payload = message.subarray(start, end)
    this.#at = end
    return true
  }
}

/** All frames of one message. @throws FrameError as `FrameReader` does */
export function decodeFrames(message: Uint8Array): Frame[] {
  const reader = new FrameReader(message)
  const frames: Frame[] = []
  while (reader.next()) {
    const { type, flags, stream, payload } = reader
    frames.push({ type, flags, stream, payload })
  }
  return frames
}

/** One whole frame in bytes of its own. */
export function encodeFrame({ type, flags, stream, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  writeFrameHeader(view, 0, type, flags, stream, payload.length)
  bytes.set(payload, FRAME_HEADER_BYTES)
  return bytes
}

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

const NOTHING = new Uint8Array(0)

function checkHeader(type: number, flags: number, stream: number): void {
  const rule = RULE_OF[type]
  if (rule === undefined) throw new FrameError(`read frame: type ${type} is unknown`)
  if ((flags & ~rule.flags) !== 0)
    throw new FrameError(`read frame: flags ${flags} on type ${type}`)
  if (rule.scope === 'connection' && stream !== 0) {
    throw new FrameError(`read frame: type ${type} belongs to the connection, not to a stream`)
  }
  if (rule.scope === 'stream' && stream === 0) {
    throw new FrameError(`read frame: type ${type} needs a stream`)
  }
}

function byNumber(): (FrameRule | undefined)[] {
  const rules: (FrameRule | undefined)[] = []
  for (const [name, type] of Object.entries(FRAME)) rules[type] = RULES[name as keyof typeof FRAME]
  return rules
}
