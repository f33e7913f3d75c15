import { sendQuietly } from '../send-quietly.ts'

/** Members that are sent to in one turn: what one turn touches fits the processor's caches, and no request waits long. */
const SLICE = 32
/** Events that wait for their turns, bytes; above, all are sent at once, which makes home wait. */
const WAITING_BYTES = 1024 * 1024
/** Events that came during earlier turns go out as one message of at most so many bytes. */
const JOINED_BYTES = 64 * 1024

/** Bridges by their members' numbers. */
export type Members = ReadonlyMap<number, WebSocket>

interface Delivery {
  readonly members: Members
  readonly pieces: Uint8Array[]
  bytes: number
}

/** Sends events to the members of groups, a few members a turn, in the order in which the events came. */
export class GroupDelivery {
  /** The first one is under way once `#bridges` is set. */
  readonly #waiting: Delivery[] = []
  #bridges: Iterator<WebSocket> | undefined
  #events!: Uint8Array
  #bytes = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  send(members: Members, given: Uint8Array): void {
    // A copy: it is a small part of a large message that would be kept for it.
    const events = given.slice()
    const last = this.#waiting.at(-1)
    const begun = this.#waiting.length === 1 && this.#bridges !== undefined
    if (last?.members === members && !begun && last.bytes + events.length <= JOINED_BYTES) {
      last.pieces.push(events)
      last.bytes += events.length
    } else this.#waiting.push({ members, pieces: [events], bytes: events.length })
    this.#bytes += events.length
    if (this.#bytes > WAITING_BYTES) this.flush()
    else if (this.#timer === undefined) this.#turn()
  }

  /** Sends all that waits now. To be called before a group gets a member or loses one that is still to hear something. */
  flush(): void {
    while (this.#waiting.length > 0) this.#some(Infinity)
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #turn(): void {
    this.#timer = undefined
    this.#some(SLICE)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#turn(), 0)
  }

  /** To so many members of the first one. */
  #some(count: number): void {
    const first = this.#waiting[0]
    if (first === undefined) return
    if (this.#bridges === undefined) {
      this.#bridges = first.members.values()
      this.#events = joined(first)
    }
    for (let sent = 0; sent < count; sent += 1) {
      const { done, value } = this.#bridges.next()
      if (done === true) {
        this.#bridges = undefined
        this.#bytes -= first.bytes
        this.#waiting.shift()
        return
      }
      sendQuietly(value, this.#events)
    }
  }
}

function joined({ pieces, bytes }: Delivery): Uint8Array {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
