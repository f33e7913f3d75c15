import { FrameWalk } from './frame-walk.ts'

const CLOSE = 8
const HEAD_END = Buffer.from('\r\n\r\n')

/** Parses what workerd sends on a WebSocket, from the head of its answer, to see its close pass. */
export class GatewayFrames {
  /** The last bytes of the head so far; undefined after its end. */
  #head: Buffer | undefined = Buffer.alloc(0)
  #opcode = 0
  #isClosed = false
  readonly #walk = new FrameWalk<never>({
    head: ({ opcode }) => {
      this.#opcode = opcode
      return undefined
    },
    payload: (_bytes, isWhole) => {
      this.#isClosed ||= isWhole && this.#opcode === CLOSE
      return undefined
    },
  })

  /** A close has passed. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A frame may begin here. */
  get isBetweenFrames(): boolean {
    return this.#head === undefined && this.#walk.isBetweenFrames
  }

  pass(bytes: Buffer): void {
    if (this.#isClosed) return
    if (this.#head === undefined) {
      this.#walk.walk(bytes)
      return
    }
    const seen = Buffer.concat([this.#head, bytes])
    const end = seen.indexOf(HEAD_END)
    if (end === -1) {
      this.#head = Buffer.from(seen.subarray(-(HEAD_END.length - 1)))
      return
    }
    this.#head = undefined
    const rest = seen.subarray(end + HEAD_END.length)
    if (rest.length > 0) this.#walk.walk(rest)
  }
}
