import { FRAME } from './frame.ts'
import { LIMITS } from './limits.ts'
import type { MessagePlan } from './message-plan.ts'
import type { MuxStream } from './mux-stream.ts'
import type { WindowBudget } from './window-budget.ts'
import { grownWindow, openingWindow } from './window-growth.ts'
import { uint64 } from './wire-integers.ts'

/**
 * Fits the windows of arriving bodies to the link. Once a stream has used half its window since the last
 * time, a PING measures the round trip; with its answer we know how much arrived meanwhile, and
 * window-growth.ts says what window that justifies. One PING is out at a time, for all streams.
 */
export class WindowTuner {
  readonly #plan: MessagePlan
  readonly #budget: WindowBudget
  #ping: { readonly id: number; readonly sentAt: number } | undefined
  readonly #measured = new Set<MuxStream>()
  #shortestMs = Number.POSITIVE_INFINITY

  constructor(plan: MessagePlan, budget: WindowBudget) {
    this.#plan = plan
    this.#budget = budget
  }

  /** Shortest round trip seen, milliseconds; undefined before bulk data has been measured. */
  get roundTripMs(): number | undefined {
    return Number.isFinite(this.#shortestMs) ? this.#shortestMs : undefined
  }

  /** Acceptor: gives an upload more than the least window, which its sender has already. */
  opened(stream: MuxStream): void {
    this.#widen(stream, openingWindow(this.#budget.spare))
  }

  /**
   * Body bytes of a stream have arrived.
   * @param total bytes received on the connection: it only grows, so it names the PING, and an answer
   *   to one from before the object slept is never taken for the answer to this one
   * @returns true when a PING waits to be sent
   */
  arrived(stream: MuxStream, total: number, now: number): boolean {
    const { window, received } = stream.receive
    if (window >= LIMITS.streamWindowMax || stream.receiveEnded) return false
    if (received - stream.mark < window / 2 || this.#measured.has(stream)) return false
    stream.mark = received
    this.#measured.add(stream)
    if (this.#ping !== undefined) return false
    this.#ping = { id: total, sentAt: now }
    this.#plan.control.push(FRAME.PING, 0, 0, uint64(total))
    return true
  }

  /** The other side has answered a PING; one we did not send means nothing. */
  answered(id: number, now: number): void {
    if (this.#ping === undefined || this.#ping.id !== id) return
    const roundTripMs = Math.max(0, now - this.#ping.sentAt)
    this.#ping = undefined
    this.#shortestMs = Math.min(this.#shortestMs, roundTripMs)
    for (const stream of this.#measured) this.#grow(stream, roundTripMs)
    this.#measured.clear()
  }

  /** The stream receives no more. */
  forget(stream: MuxStream): void {
    this.#measured.delete(stream)
  }

  #grow(stream: MuxStream, roundTripMs: number): void {
    if (stream.receiveEnded) return
    const { window, received, buffered } = stream.receive
    this.#widen(
      stream,
      grownWindow({
        window,
        arrived: received - stream.mark,
        buffered,
        roundTripMs,
        shortestMs: this.#shortestMs,
        spare: this.#budget.spare,
      }),
    )
  }

  #widen(stream: MuxStream, window: number | undefined): void {
    if (window === undefined || window <= stream.receive.window) return
    this.#budget.remove(stream.receive.window)
    this.#budget.add(window)
    stream.receive.widen(window)
    this.#plan.control.credit(stream.id, stream.receive.grant())
  }
}
