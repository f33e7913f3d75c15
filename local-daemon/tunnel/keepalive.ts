import type { TunnelSession } from './tunnel-session.ts'

/** How often the gateway is pinged; its platform answers while the object sleeps, at no cost. */
const PING_MS = 20_000
/** Nothing heard for so long: the link is dead, whatever TCP believes. */
const SILENCE_MS = 45_000
/** After a sleep or a change of network: what had come before is read within this time, and proves nothing. */
const SETTLE_MS = 100
/** And then the answer to a ping must come this soon. */
const ANSWER_MS = 1_500

/** Finds out that a link is dead: by silence, and where there is a reason to doubt it, by an unanswered ping. */
export class Keepalive {
  readonly #session: Pick<TunnelSession, 'heardAt' | 'ping'>
  readonly #onDead: (reason: string) => void
  #lastPing = Date.now()
  #probe: NodeJS.Timeout | undefined
  #over = false

  /** @param onDead called at most once, with the reason as a clause */
  constructor(session: Pick<TunnelSession, 'heardAt' | 'ping'>, onDead: (reason: string) => void) {
    this.#session = session
    this.#onDead = onDead
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#probe)
  }

  /** To be called about once a second, not after a jump of the clock. */
  tick(): void {
    if (this.#over || this.#probe !== undefined) return
    const now = Date.now()
    if (now - this.#session.heardAt > SILENCE_MS) {
      return this.#dead(`nothing was heard for ${SILENCE_MS / 1000} s`)
    }
    if (now - this.#lastPing >= PING_MS) this.#ping(now)
  }

  /** Asks the gateway for a sign of life, and waits for it only a moment. @param why as a clause */
  probe(why: string): void {
    if (this.#over || this.#probe !== undefined) return
    this.#probe = setTimeout(() => {
      const now = Date.now()
      // Only what comes from now on counts, by whatever clock: an equal time cannot be heard any more.
      const unheard = now - 1
      this.#session.heardAt = unheard
      this.#ping(now)
      this.#probe = setTimeout(() => {
        // After the next look at the sockets: if this process was held up, the answer may lie there unread.
        setImmediate(() => {
          this.#probe = undefined
          if (this.#over || this.#session.heardAt !== unheard) return
          this.#dead(`no answer after ${why}`)
        })
      }, ANSWER_MS)
    }, SETTLE_MS)
  }

  #ping(now: number): void {
    this.#lastPing = now
    this.#session.ping()
  }

  #dead(reason: string): void {
    this.stop()
    this.#onDead(reason)
  }
}
