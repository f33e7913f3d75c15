import type { SendCredit } from './credit.ts'
import { FLAG, FRAME, FRAME_HEADER_BYTES, type FrameType } from '../tunnel/frame.ts'
import {
  encodeMembership,
  GROUP_PREFIX_BYTES,
  MEMBERSHIP_BYTES,
  type Membership,
} from '../tunnel/frame-payload.ts'
import { LIMITS } from '../limits.ts'
import type { MessageWriter } from './message-writer.ts'

interface Waiting {
  readonly type: FrameType
  readonly flags: number
  readonly stream: number
  readonly ids: Uint8Array
  /** Counts as credit, as body bytes do. */
  readonly events: Uint8Array
}

const NOTHING = new Uint8Array(0)

/**
 * JOIN, GROUP and LEAVE, strictly in order: a member gets what its group is sent after its JOIN, and nothing
 * from before it.
 */
export class GroupLane {
  readonly #connection: SendCredit
  #waiting: Waiting[] = []
  #picked: Waiting[] = []
  #bytes = 0

  constructor(connection: SendCredit) {
    this.#connection = connection
  }

  /** Bytes that wait, on the wire, headers included. */
  get bytes(): number {
    return this.#bytes
  }

  join(stream: number, membership: Membership): void {
    const ids = encodeMembership(membership)
    this.#push({ type: FRAME.JOIN, flags: 0, stream, ids, events: NOTHING })
  }

  /** @param farewell whole events for this member alone, at most `LIMITS.farewellBytes` */
  leave(membership: Membership, farewell: Uint8Array): void {
    const ids = encodeMembership(membership)
    this.#push({ type: FRAME.LEAVE, flags: 0, stream: 0, ids, events: farewell })
  }

  /** @param events not copied */
  send(group: number, events: Uint8Array): void {
    const ids = groupPrefix(group)
    for (let at = 0; at < events.length; at += LIMITS.dataBytes) {
      const piece = events.subarray(at, at + LIMITS.dataBytes)
      this.#push({ type: FRAME.GROUP, flags: 0, stream: 0, ids, events: piece })
    }
  }

  end(group: number): void {
    const ids = groupPrefix(group)
    this.#push({ type: FRAME.GROUP, flags: FLAG.END, stream: 0, ids, events: NOTHING })
  }

  clear(): void {
    this.#waiting = []
    this.#bytes = 0
  }

  /** Chooses what the next message takes, as far as credit goes, and returns its bytes on the wire. */
  pick(room: number): number {
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      const size = sizeOf(waiting)
      if (bytes + size > room || waiting.events.length > this.#connection.available) break
      this.#connection.spend(waiting.events.length)
      bytes += size
      count += 1
    }
    if (count > 0) this.#picked = this.#waiting.splice(0, count)
    this.#bytes -= bytes
    return bytes
  }

  /** Writes what was picked. */
  write(out: MessageWriter): void {
    for (const { type, flags, stream, ids, events } of this.#picked) {
      out.frame(type, flags, stream, ids.length + events.length)
      out.bytes(ids)
      out.bytes(events)
    }
    if (this.#picked.length > 0) this.#picked = []
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#bytes += sizeOf(waiting)
  }
}

/** A membership without its member. */
function groupPrefix(group: number): Uint8Array {
  return encodeMembership({ group, member: 0 }).subarray(0, MEMBERSHIP_BYTES - GROUP_PREFIX_BYTES)
}

function sizeOf({ ids, events }: Waiting): number {
  return FRAME_HEADER_BYTES + ids.length + events.length
}
