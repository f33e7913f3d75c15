import { ConnectionError } from '../tunnel/connection-error.ts'
import { ReceiveCredit } from './credit.ts'
import { LIMITS } from '../limits.ts'
import type { MessagePlan } from './message-plan.ts'
import { RESET } from '../tunnel/reset-code.ts'

/**
 * Body bytes of the whole connection. Every one that arrives is counted, also for a stream that is over
 * or never was, and every one is released again exactly once: when its reader takes it, when its stream
 * ends, or at once if it has none. What is not released is lost to all streams permanently.
 */
export class Intake {
  readonly #credit: ReceiveCredit
  readonly #plan: MessagePlan

  constructor(plan: MessagePlan, granted?: number, received?: number) {
    this.#plan = plan
    this.#credit = new ReceiveCredit(LIMITS.connectionWindow, granted, received)
  }

  get granted(): number {
    return this.#credit.granted
  }

  get received(): number {
    return this.#credit.received
  }

  /** Bytes that are counted and not released. */
  get held(): number {
    return this.#credit.buffered
  }

  /** @throws ConnectionError when they are more than the connection was granted */
  count(bytes: number): void {
    if (this.#credit.receive(bytes)) return
    throw new ConnectionError('read body: over the connection credit', RESET.FLOW_CONTROL)
  }

  /** True when a new grant waits to be sent. */
  release(bytes: number): boolean {
    this.#credit.consume(bytes)
    if (this.#credit.ungranted < LIMITS.connectionGrantStep) return false
    this.#plan.control.credit(0, this.#credit)
    return true
  }
}
