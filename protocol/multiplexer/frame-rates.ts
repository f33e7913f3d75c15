import { ConnectionError } from '../tunnel/connection-error.ts'
import { FRAME, type FrameType } from '../tunnel/frame.ts'
import { RateMeter } from './rate-meter.ts'
import { RESET } from '../tunnel/reset-code.ts'

/** Length of the interval that frames are counted over, milliseconds. */
export const FRAME_INTERVAL_MS = 10_000

/**
 * Frames of each kind that one side may send per interval. Kinds that credit or slots limit are not here. A
 * well-behaved peer sends far less: one CREDIT for at least 8 KiB, a POLICY only after the last one was acknowledged, a
 * JOIN or a LEAVE for each subscriber.
 */
export const FRAME_RATES: Readonly<Partial<Record<keyof typeof FRAME, number>>> = {
  RESET: 40_000,
  CREDIT: 200_000,
  PING: 20_000,
  GO_AWAY: 20,
  POLICY: 200,
  POLICY_ACK: 400,
  JOIN: 40_000,
  GROUP: 40_000,
  LEAVE: 40_000,
  RIVAL: 200,
}

/** Counts what the peer sends: a flood of cheap frames must not cost others. */
export class FrameRates {
  readonly #meters = new Map<FrameType, readonly [string, RateMeter]>()

  constructor() {
    for (const [name, limit] of Object.entries(FRAME_RATES)) {
      const type = FRAME[name as keyof typeof FRAME]
      this.#meters.set(type, [name, new RateMeter(limit + 1, FRAME_INTERVAL_MS)])
    }
  }

  /** @throws ConnectionError with ENHANCE_YOUR_CALM for a frame above the limit */
  take(type: FrameType, now: number): void {
    const known = this.#meters.get(type)
    if (known === undefined) return
    const [name, meter] = known
    meter.add(now)
    if (!meter.exceeded(now)) return
    throw new ConnectionError(
      `read ${name}: more than ${FRAME_RATES[name as keyof typeof FRAME]} in ${FRAME_INTERVAL_MS / 1000} s`,
      RESET.ENHANCE_YOUR_CALM,
    )
  }
}
