import type { SendCredit } from './credit.ts'
import { FLAG, FRAME, FRAME_HEADER_BYTES, writeFrameHeader, type FrameType } from './frame.ts'
import { LIMITS } from './limits.ts'
import type { MuxStream } from './mux-stream.ts'

interface ControlFrame {
  readonly type: FrameType
  readonly flags: number
  readonly stream: number
  readonly payload: Uint8Array
}

interface HeadFrame {
  readonly owner: MuxStream
  readonly type: FrameType
  readonly flags: number
  /** OPEN: the answer's window. HEAD: the head's length. */
  readonly prefix: number
  readonly head: Uint8Array
  readonly body: Uint8Array | undefined
}

interface DataSlice {
  readonly owner: MuxStream
  readonly flags: number
  readonly bytes: number
}

/** A message, and what sending it changed. */
export interface BuiltMessage {
  readonly message: Uint8Array
  /** Streams whose END is in it. */
  readonly ended: readonly MuxStream[]
  /** Streams whose waiting writer may go on. */
  readonly drained: readonly MuxStream[]
}

/**
 * What is to be sent, in three lanes: control, heads, data. A lane is only reached when the ones
 * before it are empty; in the data lane the streams take turns, one frame each. So a bulk body never
 * delays a head by more than the message that is being built, nor another body by more than a turn.
 */
export class MessagePlan {
  readonly #connection: SendCredit
  #control: ControlFrame[] = []
  /** Newest total per stream: a later grant replaces an unsent one. */
  readonly #credits = new Map<number, number>()
  #heads: HeadFrame[] = []
  #turns: MuxStream[] = []

  constructor(connection: SendCredit) {
    this.#connection = connection
  }

  get controlFrames(): number {
    return this.#control.length
  }

  /** Something waits, whether or not credit lets it go. */
  get pending(): boolean {
    return (
      this.#control.length + this.#credits.size + this.#heads.length > 0 ||
      this.#turns.some((stream) => stream.queued)
    )
  }

  control(type: FrameType, flags: number, stream: number, payload: Uint8Array): void {
    this.#control.push({ type, flags, stream, payload })
  }

  credit(stream: number, total: number): void {
    this.#credits.set(stream, total)
  }

  head(
    owner: MuxStream,
    type: FrameType,
    flags: number,
    prefix: number,
    head: Uint8Array,
    body?: Uint8Array,
  ): void {
    this.#heads.push({ owner, type, flags, prefix, head, body })
  }

  /** Puts a stream in the data lane if it has something that its credit lets go. */
  ready(stream: MuxStream): void {
    if (stream.queued || !sendable(stream)) return
    stream.queued = true
    this.#turns.push(stream)
  }

  /** Takes back an OPEN that is not on the wire: the other side never hears of the stream. */
  forgetOpen(stream: MuxStream): boolean {
    if (stream.opened) return false
    this.#heads = this.#heads.filter((frame) => frame.owner !== stream)
    this.drop(stream)
    return true
  }

  /** Forgets everything that waits for a stream. */
  drop(stream: MuxStream): void {
    stream.queue.clear()
    stream.queued = false
    this.#credits.delete(stream.id)
  }

  clear(): void {
    this.#control = []
    this.#credits.clear()
    this.#heads = []
    this.#turns = []
  }

  build(dataTarget: number): BuiltMessage | undefined {
    const control = this.#takeControl()
    let room = LIMITS.messageBytes - control.reduce((sum, frame) => sum + controlSize(frame), 0)
    const heads = this.#takeHeads(room)
    room -= heads.reduce((sum, frame) => sum + headSize(frame), 0)
    const slices = this.#heads.length === 0 ? this.#takeData(Math.min(room, dataTarget)) : []
    room -= slices.reduce((sum, slice) => sum + FRAME_HEADER_BYTES + slice.bytes, 0)
    if (room === LIMITS.messageBytes) return undefined
    return write(LIMITS.messageBytes - room, control, heads, slices)
  }

  #takeControl(): ControlFrame[] {
    const frames = this.#control
    this.#control = []
    for (const [stream, total] of this.#credits) {
      frames.push({ type: FRAME.CREDIT, flags: 0, stream, payload: uint64(total) })
    }
    this.#credits.clear()
    return frames
  }

  #takeHeads(room: number): HeadFrame[] {
    let bytes = 0
    let count = 0
    for (const frame of this.#heads) {
      if (frame.owner.resetSent) {
        count += 1
        continue
      }
      if (bytes + headSize(frame) > room) break
      bytes += headSize(frame)
      count += 1
    }
    const taken = this.#heads.slice(0, count).filter((frame) => !frame.owner.resetSent)
    this.#heads = this.#heads.slice(count)
    for (const frame of taken) frame.owner.opened = true
    return taken
  }

  #takeData(target: number): DataSlice[] {
    const slices: DataSlice[] = []
    let bytes = 0
    const skipped: MuxStream[] = []
    while (this.#turns.length > 0 && bytes < target) {
      const stream = this.#turns.shift() as MuxStream
      if (!stream.queued) continue
      stream.queued = false
      const slice = this.#slice(stream, target - bytes)
      if (slice === undefined) {
        if (sendable(stream)) skipped.push(stream)
        continue
      }
      slices.push(slice)
      bytes += FRAME_HEADER_BYTES + slice.bytes
      this.ready(stream)
    }
    // Held back by the connection's credit or by this message's room, not by their own: still next.
    for (const stream of skipped) this.ready(stream)
    return slices
  }

  #slice(stream: MuxStream, room: number): DataSlice | undefined {
    const bytes = Math.min(
      stream.queue.bytes,
      stream.send.available,
      this.#connection.available,
      LIMITS.dataBytes,
      Math.max(0, room - FRAME_HEADER_BYTES),
    )
    const end = stream.endQueued && !stream.sendEnded && bytes === stream.queue.bytes
    if (bytes <= 0 && !end) return undefined
    stream.send.spend(bytes)
    this.#connection.spend(bytes)
    stream.queue.reserve(bytes)
    if (end) stream.sendEnded = true
    return { owner: stream, flags: end ? FLAG.END : 0, bytes }
  }
}

function sendable(stream: MuxStream): boolean {
  if (stream.resetSent || stream.sendEnded) return false
  const bytes = stream.queue.bytes
  return bytes > 0 ? stream.send.available > 0 : stream.endQueued
}

function controlSize(frame: ControlFrame): number {
  return FRAME_HEADER_BYTES + frame.payload.length
}

function headSize(frame: HeadFrame): number {
  return FRAME_HEADER_BYTES + 4 + frame.head.length + (frame.body?.length ?? 0)
}

function write(
  size: number,
  control: readonly ControlFrame[],
  heads: readonly HeadFrame[],
  slices: readonly DataSlice[],
): BuiltMessage {
  const message = new Uint8Array(size)
  const view = new DataView(message.buffer)
  const ended: MuxStream[] = []
  const drained: MuxStream[] = []
  let at = 0
  for (const { type, flags, stream, payload } of control) {
    writeFrameHeader(view, at, type, flags, stream, payload.length)
    message.set(payload, at + FRAME_HEADER_BYTES)
    at += FRAME_HEADER_BYTES + payload.length
  }
  for (const { owner, type, flags, prefix, head, body } of heads) {
    const length = 4 + head.length + (body?.length ?? 0)
    writeFrameHeader(view, at, type, flags, owner.id, length)
    at += FRAME_HEADER_BYTES
    view.setUint32(at, prefix)
    message.set(head, at + 4)
    if (body !== undefined) message.set(body, at + 4 + head.length)
    at += length
    if (type === FRAME.HEAD && (flags & FLAG.END) !== 0) ended.push(owner)
  }
  for (const { owner, flags, bytes } of slices) {
    writeFrameHeader(view, at, FRAME.DATA, flags, owner.id, bytes)
    owner.queue.moveTo(message, at + FRAME_HEADER_BYTES, bytes)
    at += FRAME_HEADER_BYTES + bytes
    if ((flags & FLAG.END) !== 0) ended.push(owner)
    if (owner.waiting && owner.queue.bytes <= LIMITS.sendQueueBytes / 2) {
      owner.waiting = false
      drained.push(owner)
    }
  }
  return { message, ended, drained }
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(value / 2 ** 32))
  view.setUint32(4, value % 2 ** 32)
  return bytes
}
