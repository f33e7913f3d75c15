import { FLAG, FRAME_HEADER_BYTES, type FrameType } from '../tunnel/frame.ts'
import { HEAD_PREFIX_BYTES } from '../tunnel/frame-payload.ts'
import type { MessageWriter } from './message-writer.ts'
import type { MuxStream, OutgoingHead } from './mux-stream.ts'

/** OPEN frames on the opener's side, HEAD frames on the acceptor's, in the order of the calls. */
export class HeadLane {
  readonly #type: FrameType
  // A Set is a queue that a dropped stream leaves at once.
  readonly #waiting = new Set<MuxStream>()
  #picked: MuxStream[] = []

  constructor(type: FrameType) {
    this.#type = type
  }

  get size(): number {
    return this.#waiting.size
  }

  push(stream: MuxStream, head: OutgoingHead): void {
    stream.outgoing = head
    this.#waiting.add(stream)
  }

  /** Removes a head; returns how many body bytes will not be sent with it. */
  drop(stream: MuxStream): number {
    if (!this.#waiting.delete(stream)) return 0
    const unsent = stream.outgoing?.body?.length ?? 0
    stream.outgoing = undefined
    return unsent
  }

  clear(): void {
    this.#waiting.clear()
  }

  /** Chooses the heads of the next message, and returns their bytes on the wire, headers included. */
  pick(room: number): number {
    let bytes = 0
    for (const stream of this.#waiting) {
      const { head, body, end } = stream.outgoing as OutgoingHead
      const size = FRAME_HEADER_BYTES + HEAD_PREFIX_BYTES + head.length + (body?.length ?? 0)
      if (bytes + size > room) break
      bytes += size
      this.#waiting.delete(stream)
      this.#picked.push(stream)
      stream.opened = true
      if (end) stream.sendEnded = true
    }
    return bytes
  }

  /** Writes what was picked. */
  write(out: MessageWriter, ended: MuxStream[]): void {
    for (const stream of this.#picked) {
      const { prefix, head, body, end } = stream.outgoing as OutgoingHead
      stream.outgoing = undefined
      const length = HEAD_PREFIX_BYTES + head.length + (body?.length ?? 0)
      out.frame(this.#type, end ? FLAG.END : 0, stream.id, length)
      out.uint32(prefix)
      out.bytes(head)
      if (body !== undefined) out.bytes(body)
      if (end) ended.push(stream)
    }
    if (this.#picked.length > 0) this.#picked = []
  }
}
