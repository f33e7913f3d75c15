import { encodeReset } from '../tunnel/frame-payload.ts'
import { FRAME } from '../tunnel/frame.ts'
import type { Intake } from './intake.ts'
import type { MessagePlan } from './message-plan.ts'
import type { MultiplexerEvents, Role } from './multiplexer-events.ts'
import type { MuxStream } from './mux-stream.ts'
import { LIMITS } from '../limits.ts'
import { RESET, type ResetCode } from '../tunnel/reset-code.ts'
import { type Holder, Shares } from './shares.ts'
import type { WindowBudget } from './window-budget.ts'
import type { WindowTuner } from './window-tuner.ts'

/**
 * The streams that hold a slot, and the only ways for one to end: finished (both bodies whole), reset by
 * us (the slot is held until the other side confirms), reset by the other side, or lost with the
 * connection. Every way gives back the stream's unread bytes and its window, once.
 */
export class StreamTable {
  readonly #streams = new Map<number, MuxStream>()
  readonly #role: Role
  readonly #events: MultiplexerEvents
  readonly #plan: MessagePlan
  readonly #intake: Intake
  readonly #budget: WindowBudget
  readonly #tuner: WindowTuner
  readonly #slots = new Shares(LIMITS.concurrentStreams)
  #live = 0

  constructor(
    role: Role,
    events: MultiplexerEvents,
    plan: MessagePlan,
    intake: Intake,
    budget: WindowBudget,
    tuner: WindowTuner,
  ) {
    this.#role = role
    this.#events = events
    this.#plan = plan
    this.#intake = intake
    this.#budget = budget
    this.#tuner = tuner
  }

  /** Slots in use, those that wait for a confirmation included. */
  get size(): number {
    return this.#streams.size
  }

  /** Whether no slot is left, or none of this holder's share. */
  full(holder?: Holder): boolean {
    if (this.#streams.size >= LIMITS.concurrentStreams) return true
    return holder !== undefined && this.#slots.room(holder) === 0
  }

  /** Streams that still carry something. */
  get live(): number {
    return this.#live
  }

  get(id: number): MuxStream | undefined {
    return this.#streams.get(id)
  }

  /** The stream, unless it is over and only holds its slot. */
  alive(id: number): MuxStream | undefined {
    const stream = this.#streams.get(id)
    return stream === undefined || stream.over ? undefined : stream
  }

  add(stream: MuxStream): void {
    this.#streams.set(stream.id, stream)
    this.#budget.add(stream.receive.window, stream.holder)
    if (stream.holder !== undefined) this.#slots.take(stream.holder.key)
    this.#live += 1
  }

  /** The other side broke the stream's rules, or its answer is not wanted: both sides are told. */
  fault(stream: MuxStream, code: ResetCode): void {
    this.reset(stream, code)
    this.#events.reset(stream.id, code)
  }

  /** Our RESET goes out, and the slot is held until it is confirmed. */
  reset(stream: MuxStream, code: ResetCode): void {
    this.#settle(stream)
    this.#plan.control.push(FRAME.RESET, 0, stream.id, encodeReset(code))
    this.#events.output()
  }

  /** Our END is on the wire. */
  sent(stream: MuxStream): void {
    if (stream.over) return
    // The answer is whole: an upload that still runs would only fill a window that nobody reads.
    if (this.#role === 'acceptor' && !stream.receiveEnded) this.fault(stream, RESET.NO_ERROR)
    else this.finish(stream)
  }

  /** Ends a stream whose bodies are whole both ways, once the client has taken the whole answer. */
  finish(stream: MuxStream): void {
    if (stream.over || !stream.sendEnded || !stream.endReported) return
    // The app has answered and may never read the rest of the request, so do not wait for it.
    if (this.#role === 'opener' && stream.receive.buffered > 0) return
    this.remove(stream)
    this.#events.closed?.(stream.id)
  }

  /** Frees the slot. */
  remove(stream: MuxStream): void {
    if (!this.#streams.delete(stream.id)) return
    this.#budget.remove(stream.receive.window, stream.holder)
    if (stream.holder !== undefined) this.#slots.give(stream.holder.key)
    if (!stream.over && this.#settle(stream)) this.#events.output()
  }

  /** The connection is gone: every stream that is not over yet fails. */
  lose(): void {
    for (const stream of this.#streams.values()) {
      if (stream.over) continue
      stream.over = true
      this.#events.reset(stream.id, RESET.CONNECTION_LOST)
    }
    this.#streams.clear()
    this.#budget.clear()
    this.#slots.clear()
    this.#live = 0
  }

  /** True when its unread bytes made a new grant. */
  #settle(stream: MuxStream): boolean {
    stream.over = true
    this.#live -= 1
    this.#plan.drop(stream)
    this.#tuner.forget(stream)
    return this.#intake.release(stream.receive.buffered)
  }
}
