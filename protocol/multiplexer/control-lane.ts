import type { ReceiveCredit } from './credit.ts'
import { FRAME, FRAME_HEADER_BYTES, type FrameType } from '../tunnel/frame.ts'
import type { MessageWriter } from './message-writer.ts'

interface ControlFrame {
  readonly type: FrameType
  readonly flags: number
  readonly stream: number
  readonly payload: Uint8Array
}

const CREDIT_PAYLOAD_BYTES = 8

/**
 * HELLO, RESET, CREDIT, PING, GO_AWAY, POLICY and POLICY_ACK: never held back by credit, always all sent at
 * once. All but one POLICY are small, and together they fit into a message.
 */
export class ControlLane {
  #frames: ControlFrame[] = []
  #frameBytes = 0
  #policy: Uint8Array | undefined
  /** Whose credit is due. The total is made when it is written: one grant then says what several would. */
  readonly #credits = new Map<number, ReceiveCredit>()

  /** Frames that a peer can make us queue. Grants do not count: there is one per stream. */
  get frames(): number {
    return this.#frames.length
  }

  /** Bytes on the wire, headers included. */
  get bytes(): number {
    const credits = this.#credits.size * (FRAME_HEADER_BYTES + CREDIT_PAYLOAD_BYTES)
    const policy = this.#policy === undefined ? 0 : FRAME_HEADER_BYTES + this.#policy.length
    return this.#frameBytes + credits + policy
  }

  push(type: FrameType, flags: number, stream: number, payload: Uint8Array): void {
    this.#frames.push({ type, flags, stream, payload })
    this.#frameBytes += FRAME_HEADER_BYTES + payload.length
  }

  /** A newer one replaces one that still waits: only the last one counts. */
  policy(payload: Uint8Array): void {
    this.#policy = payload
  }

  credit(stream: number, credit: ReceiveCredit): void {
    this.#credits.set(stream, credit)
  }

  forgetCredit(stream: number): void {
    this.#credits.delete(stream)
  }

  clear(): void {
    this.#frames = []
    this.#frameBytes = 0
    this.#policy = undefined
    this.#credits.clear()
  }

  write(out: MessageWriter): void {
    for (const { type, flags, stream, payload } of this.#frames) {
      out.frame(type, flags, stream, payload.length)
      out.bytes(payload)
    }
    if (this.#policy !== undefined) {
      out.frame(FRAME.POLICY, 0, 0, this.#policy.length)
      out.bytes(this.#policy)
    }
    for (const [stream, credit] of this.#credits) {
      out.frame(FRAME.CREDIT, 0, stream, CREDIT_PAYLOAD_BYTES)
      out.uint64(credit.grant())
    }
    this.clear()
  }
}
