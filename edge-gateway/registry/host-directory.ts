import { RateBuckets } from '../rate-buckets.ts'
import { HostOwner } from '../host-owner.ts'
import { objectNameOf, type Directory } from './registration.ts'

/** Asks the registry; undefined: nothing has changed since that version. */
export type AskDirectory = (known: number | undefined) => Promise<Directory | undefined>

/** Whose a hostname is; `unknown`: nobody's; `unavailable`: the registry did not say. */
export type Found = HostOwner | 'unknown' | 'unavailable'

/** How long what the registry said is believed, milliseconds: a change holds everywhere after it. */
const FRESH_MS = 30_000
/** The same where a home connects, which is seldom, and for which a new owner should not have to wait. */
const CONNECT_FRESH_MS = 3_000
/**
 * How often an unknown hostname makes the Worker ask, milliseconds. So a new name is served within that, and a
 * flood of invented names costs the registry little more than one does.
 */
const MISS_MS = 3_000
/** How long a registry that does not answer is left alone while there is an old answer, milliseconds. */
const RETRY_MS = 1_000
/** How old an answer may become while the registry does not answer, milliseconds. */
const STALE_MS = 600_000
/** How often it asks while it knows nothing yet: each request asks for itself. */
const FIRST_ASKS = { perSecond: 20, burst: 100 } as const
/** The same, beside that, for unknown names while an answer is under way: one of them may be new. */
const MORE_ASKS = { perSecond: 1, burst: 4 } as const

/**
 * Whom each hostname belongs to, as this Worker knows it: all of them at once, so that a known host costs no
 * question and an invented one leaves nothing behind. Each request waits for its own question only: one that is
 * given up by its client would leave the others waiting for ever.
 */
export class HostDirectory {
  readonly #firstAsks = new RateBuckets(1)
  readonly #moreAsks = new RateBuckets(1)
  #hosts = new Map<string, HostOwner>()
  #version: number | undefined
  /** Milliseconds since 1970. */
  #askedAt = -Infinity
  #answeredAt = -Infinity
  #believedUntil = -Infinity

  /**
   * Whom this hostname belongs to.
   * @param now milliseconds since 1970
   * @param connects a home asks, not a client
   */
  find(hostname: string, ask: AskDirectory, now: number, connects = false): Found | Promise<Found> {
    const owner = this.#hosts.get(hostname)
    if (!this.#mustAsk(owner !== undefined, now, connects)) return owner ?? 'unknown'
    if (this.#mustWait(now)) return 'unavailable'
    this.#askedAt = now
    return this.#refresh(ask, now).then(() => this.#hosts.get(hostname) ?? this.#absent(now))
  }

  /** This Worker has just had a hostname given out or taken back: its next request asks. */
  changed(): void {
    this.#askedAt = -Infinity
    this.#believedUntil = -Infinity
  }

  /** Nobody has answered the last question yet, or nobody ever will. */
  get #underWay(): boolean {
    return this.#version === undefined || this.#answeredAt < this.#askedAt
  }

  #mustWait(now: number): boolean {
    if (this.#version === undefined) return this.#firstAsks.take('', FIRST_ASKS, now) > 0
    // A lost question is not waited for.
    const underWay = this.#underWay && now - this.#askedAt <= RETRY_MS
    return underWay && this.#moreAsks.take('', MORE_ASKS, now) > 0
  }

  #mustAsk(known: boolean, now: number, connects: boolean): boolean {
    const asked = now - this.#askedAt
    const answered = now - this.#answeredAt
    if (known && answered <= STALE_MS) {
      const old = now > this.#believedUntil || (connects && answered > CONNECT_FRESH_MS)
      return old && asked > RETRY_MS
    }
    return this.#underWay || now > this.#believedUntil || asked > MISS_MS
  }

  #absent(now: number): 'unknown' | 'unavailable' {
    return now - this.#answeredAt > STALE_MS ? 'unavailable' : 'unknown'
  }

  async #refresh(ask: AskDirectory, now: number): Promise<void> {
    let directory: Directory | undefined
    try {
      directory = await ask(this.#version)
    } catch {
      // What is known is good for a while yet; who was taken back is refused by their own object.
      if (now - this.#answeredAt <= STALE_MS) return
      this.#hosts.clear()
      this.#version = undefined
      return
    }
    this.#answeredAt = Math.max(this.#answeredAt, now)
    this.#believedUntil = this.#answeredAt + FRESH_MS
    // Of two that were under way the newer one counts.
    if (directory === undefined || directory.version < (this.#version ?? 0)) return
    this.#version = directory.version
    const before = new Map([...this.#hosts.values()].map((owner) => [owner.objectName, owner]))
    this.#hosts = new Map(
      directory.registrations.map((registration) => {
        const name = objectNameOf(registration)
        const { hostname, owner } = registration
        return [hostname, before.get(name) ?? HostOwner.among(owner, name)]
      }),
    )
  }
}
