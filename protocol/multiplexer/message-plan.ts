import { ControlLane } from './control-lane.ts'
import type { SendCredit } from './credit.ts'
import { DataLane } from './data-lane.ts'
import { FRAME_HEADER_BYTES, type FrameType } from '../tunnel/frame.ts'
import { GroupLane } from './group-lane.ts'
import { HeadLane } from './head-lane.ts'
import { LIMITS } from '../limits.ts'
import { MessageWriter, type AllocateMessage } from './message-writer.ts'
import type { MuxStream } from './mux-stream.ts'

/** A message, and what sending it changed. */
export interface BuiltMessage {
  readonly message: Uint8Array
  /** Streams whose END is in it. */
  readonly ended: readonly MuxStream[]
  /** Streams whose waiting writer may continue. */
  readonly drained: readonly MuxStream[]
}

/**
 * What is to be sent, in four lanes: control, heads, groups, data. Groups and data are only reached when no
 * head waits; there the groups have one turn a message, and the streams one frame each. So a bulk body never
 * delays a head by more than the message that is being built, nor an event by more than a turn.
 */
export class MessagePlan {
  readonly control = new ControlLane()
  readonly heads: HeadLane
  readonly groups: GroupLane
  readonly data: DataLane
  readonly #connection: SendCredit

  /** @param headType OPEN for the opener, HEAD for the acceptor: neither sends the other's */
  constructor(headType: FrameType, connection: SendCredit) {
    this.heads = new HeadLane(headType)
    this.groups = new GroupLane(connection)
    this.data = new DataLane(connection)
    this.#connection = connection
  }

  /** Something waits, whether or not credit lets it go. */
  get pending(): boolean {
    return this.control.bytes + this.heads.size + this.groups.bytes + this.data.size > 0
  }

  /** Forgets everything that waits for a stream. */
  drop(stream: MuxStream): void {
    stream.queue.clear()
    this.control.forgetCredit(stream.id)
    this.#connection.refund(this.heads.drop(stream))
    this.data.drop(stream)
  }

  clear(): void {
    this.control.clear()
    this.heads.clear()
    this.groups.clear()
    this.data.clear()
  }

  build(dataTarget: number, allocate: AllocateMessage): BuiltMessage | undefined {
    const control = this.control.bytes
    const heads = this.heads.pick(LIMITS.messageBytes - control)
    const room = Math.min(dataTarget, LIMITS.messageBytes - control - heads)
    const free = this.heads.size === 0
    const turn = LIMITS.dataBytes + 2 * FRAME_HEADER_BYTES
    const groups = free ? this.groups.pick(this.data.size > 0 ? Math.min(room, turn) : room) : 0
    const data = free ? this.data.pick(room - groups) : 0
    const size = control + heads + groups + data
    if (size === 0) return undefined
    const out = new MessageWriter(allocate(size))
    const ended: MuxStream[] = []
    const drained: MuxStream[] = []
    this.control.write(out)
    this.heads.write(out, ended)
    this.groups.write(out)
    this.data.write(out, ended, drained)
    return { message: out.message, ended, drained }
  }
}
