import type { SendCredit } from './credit.ts'
import { FLAG, FRAME, FRAME_HEADER_BYTES } from '../tunnel/frame.ts'
import { LIMITS } from '../limits.ts'
import type { MessageWriter } from './message-writer.ts'
import type { MuxStream } from './mux-stream.ts'

interface Slice {
  readonly stream: MuxStream
  readonly bytes: number
  readonly end: boolean
}

/** What a message has left behind other frames: less is not worth a header, the next message takes it. */
const LEAST_SLICE_BYTES = 1024

/** Body bytes. Streams take turns, one frame each, as far as both credits go. */
export class DataLane {
  readonly #connection: SendCredit
  // A Set is a queue that a dropped stream leaves at once, and whose iteration meets those who join again.
  readonly #turns = new Set<MuxStream>()
  #picked: Slice[] = []

  constructor(connection: SendCredit) {
    this.#connection = connection
  }

  get size(): number {
    return this.#turns.size
  }

  /** Lets a stream take turns if it has something that its own credit lets go. */
  ready(stream: MuxStream): void {
    if (sendable(stream)) this.#turns.add(stream)
  }

  drop(stream: MuxStream): void {
    this.#turns.delete(stream)
  }

  clear(): void {
    this.#turns.clear()
  }

  /** Chooses the slices of the next message, and returns their bytes on the wire, headers included. */
  pick(room: number): number {
    // A receiver keeps a whole message for as long as one of its bodies is not read. So bulk bodies do
    // not share: alone a stream fills the message, else one full slice does.
    const shared = LIMITS.dataBytes + FRAME_HEADER_BYTES
    const target = this.#turns.size > 1 ? Math.min(room, shared) : room
    let bytes = 0
    for (const stream of this.#turns) {
      if (target - bytes < FRAME_HEADER_BYTES) break
      const taken = this.#slice(stream, target - bytes - FRAME_HEADER_BYTES)
      // Held back by the connection's credit or by this message's room: it keeps its turn.
      if (taken === undefined) continue
      bytes += FRAME_HEADER_BYTES + taken
      this.#turns.delete(stream)
      this.ready(stream)
    }
    return bytes
  }

  #slice(stream: MuxStream, room: number): number | undefined {
    const { queue, send } = stream
    const wanted = Math.min(queue.bytes, send.available, LIMITS.dataBytes)
    const bytes = Math.min(wanted, this.#connection.available, room)
    const end = stream.endQueued && bytes === queue.bytes
    if (bytes <= 0 && !end) return undefined
    if (bytes === room && bytes < wanted && bytes < LEAST_SLICE_BYTES && this.#picked.length > 0) {
      return undefined
    }
    send.spend(bytes)
    this.#connection.spend(bytes)
    queue.reserve(bytes)
    if (end) stream.sendEnded = true
    this.#picked.push({ stream, bytes, end })
    return bytes
  }

  /** Writes what was picked. Streams with an END are added to `ended`, writers that may continue to `drained`. */
  write(out: MessageWriter, ended: MuxStream[], drained: MuxStream[]): void {
    for (const { stream, bytes, end } of this.#picked) {
      out.frame(FRAME.DATA, end ? FLAG.END : 0, stream.id, bytes)
      out.takeFrom(stream.queue, bytes)
      if (end) ended.push(stream)
      if (!stream.waiting || stream.queue.bytes > LIMITS.sendQueueBytes / 2) continue
      stream.waiting = false
      drained.push(stream)
    }
    if (this.#picked.length > 0) this.#picked = []
  }
}

function sendable(stream: MuxStream): boolean {
  if (stream.over || stream.sendEnded) return false
  return stream.queue.bytes > 0 ? stream.send.available > 0 : stream.endQueued
}
