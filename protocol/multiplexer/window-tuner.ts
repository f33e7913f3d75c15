import { FRAME } from '../tunnel/frame.ts'
import { LIMITS } from '../limits.ts'
import type { MessagePlan } from './message-plan.ts'
import type { MuxStream } from './mux-stream.ts'
import type { WindowBudget } from './window-budget.ts'
import { grownWindow, openingWindow } from './window-growth.ts'
import { uint64 } from '../encoding/wire-integers.ts'

interface Sample {
  readonly stream: MuxStream
  readonly sentAt: number
  /** The credit that the sender had before the message with the PING. */
  readonly granted: number
}

/** A first sample waits for this much: most bodies are smaller, and need no measuring. */
const FIRST_SAMPLE_BYTES = LIMITS.streamWindow / 4
/** A stream whose window fits is measured again after more and more bytes, up to this many windows. */
const LONGEST_PAUSE_WINDOWS = 16

/** Clocks that tell whole milliseconds (Workers) would make any rate infinite. */
const LEAST_ELAPSED_MS = 1

/**
 * Fits the windows of arriving bodies to the link. A PING is answered behind everything that the sender
 * had sent when it came; so if by then all credit from before the PING is used up, the sender had to wait,
 * and window-growth.ts says what window the link deserves. What arrives within one round trip is no
 * measure: on a long link windowfuls come in bursts, and a round trip may catch the end of one.
 */
export class WindowTuner {
  readonly #plan: MessagePlan
  readonly #budget: WindowBudget
  readonly #samples = new Map<number, Sample>()
  #shortestMs = Number.POSITIVE_INFINITY

  constructor(plan: MessagePlan, budget: WindowBudget) {
    this.#plan = plan
    this.#budget = budget
  }

  /** Shortest round trip seen, milliseconds; undefined before a body has been measured. */
  get roundTripMs(): number | undefined {
    return Number.isFinite(this.#shortestMs) ? this.#shortestMs : undefined
  }

  /** Acceptor: gives an upload more than the least window, which its sender has already. */
  opened(stream: MuxStream): void {
    this.#widen(stream, openingWindow(this.#budget.spare(stream.holder)))
  }

  /**
   * Body bytes of a stream have arrived, and more may come.
   * @param total bytes received on the connection. It only grows, so it names the PING, and the answer
   *   to one from before the object slept is never taken for the answer to this one.
   * @returns true when a PING waits to be sent
   */
  arrived(stream: MuxStream, bytes: number, total: number, now: number): boolean {
    const { window, received } = stream.receive
    if (window >= LIMITS.streamWindowMax || stream.ping !== undefined) return false
    if (received < Math.max(stream.measureAt, FIRST_SAMPLE_BYTES)) return false
    if (stream.rateSince === undefined) stream.rateSince = { at: now, received: received - bytes }
    stream.ping = total
    this.#samples.set(total, { stream, sentAt: now, granted: stream.receive.granted })
    this.#plan.control.push(FRAME.PING, 0, 0, uint64(total))
    return true
  }

  /** The other side has answered a PING. One we did not send, or do not wait for, means nothing. */
  answered(id: number, now: number): void {
    const sample = this.#samples.get(id)
    if (sample === undefined) return
    this.forget(sample.stream)
    this.#shortestMs = Math.min(this.#shortestMs, Math.max(0, now - sample.sentAt))
    this.#judge(sample, now)
  }

  /** The stream receives no more. */
  forget(stream: MuxStream): void {
    if (stream.ping === undefined) return
    this.#samples.delete(stream.ping)
    stream.ping = undefined
  }

  #judge({ stream, granted }: Sample, now: number): void {
    const { window, received, buffered } = stream.receive
    const since = stream.rateSince ?? { at: now, received }
    const grown = grownWindow({
      window,
      exhausted: granted - received < window / 8,
      buffered,
      bytesPerMs: (received - since.received) / Math.max(now - since.at, LEAST_ELAPSED_MS),
      shortestMs: this.#shortestMs,
      spare: this.#budget.spare(stream.holder),
    })
    stream.pauses = grown > window ? 0 : Math.min(2 * stream.pauses + 1, LONGEST_PAUSE_WINDOWS)
    stream.measureAt = received + stream.pauses * window
    stream.rateSince = { at: now, received }
    this.#widen(stream, grown)
  }

  #widen(stream: MuxStream, window: number): void {
    if (window <= stream.receive.window) return
    this.#budget.remove(stream.receive.window, stream.holder)
    this.#budget.add(window, stream.holder)
    stream.receive.widen(window)
    this.#plan.control.credit(stream.id, stream.receive)
  }
}
