import type { TunnelSession } from './tunnel-session.ts'

/** How often the clock is looked at. */
const TICK_MS = 5_000
/** How often the gateway is pinged; its platform answers while the object sleeps, at no cost. */
const PING_MS = 20_000
/** Nothing heard for so long: the link is dead, whatever TCP believes. */
const SILENCE_MS = 45_000
/** After a sleep of the machine the answer to a ping must come this soon. */
const WAKE_ANSWER_MS = 3_000

/**
 * Finds out that a link is dead: by silence, and after a jump of the wall clock (the lid was closed), by
 * an unanswered ping.
 */
export class Keepalive {
  readonly #session: TunnelSession
  readonly #timer: NodeJS.Timeout
  #lastTick = Date.now()
  #lastPing = Date.now()
  #wake: NodeJS.Timeout | undefined

  constructor(session: TunnelSession) {
    this.#session = session
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#wake)
  }

  #tick(): void {
    const now = Date.now()
    // Back as well as forward: with a clock set back, nothing would look silent until it had caught up.
    const jumped = now < this.#lastTick || now - this.#lastTick > 3 * TICK_MS
    this.#lastTick = now
    if (jumped) return this.#checkAfterJump(now)
    if (now - this.#session.heardAt > SILENCE_MS) return this.#session.terminate()
    if (now - this.#lastPing >= PING_MS) this.#ping(now)
  }

  #checkAfterJump(now: number): void {
    // What was heard was heard by another clock: only an answer to this ping counts.
    this.#session.heardAt = now - 1
    this.#ping(now)
    clearTimeout(this.#wake)
    this.#wake = setTimeout(() => {
      if (this.#session.heardAt < now) this.#session.terminate()
    }, WAKE_ANSWER_MS)
  }

  #ping(now: number): void {
    this.#lastPing = now
    this.#session.ping()
  }
}
