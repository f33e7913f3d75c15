import { RateBuckets } from '../door/rate-buckets.ts'
import { HostOwner } from '../door/host-owner.ts'
import { objectNameOf, type Directory } from './registration.ts'

/** Asks the registry. Undefined if nothing has changed since that version. */
export type AskDirectory = (known: number | undefined) => Promise<Directory | undefined>

/** The owner of a hostname; `unknown`: it has none; `unavailable`: the registry did not answer. */
export type Found = HostOwner | 'unknown' | 'unavailable'

/** How long an answer of the registry is used, milliseconds. After that, a change has reached every Worker. */
const FRESH_MS = 30_000
/** The same when a home connects: that is rare, and a new owner should not have to wait. */
const CONNECT_FRESH_MS = 3_000
/**
 * How often an unknown hostname makes the Worker ask, milliseconds. A new name is served within that time, and a
 * flood of invented names costs the registry little more than one name.
 */
const MISS_MS = 3_000
/** How long the Worker waits before it asks a silent registry again, if it has an old answer, milliseconds. */
const RETRY_MS = 1_000
/** How old an answer may become while the registry does not answer, milliseconds. */
const STALE_MS = 600_000
/** How often it asks before it has any answer: each request asks. */
const FIRST_ASKS = { perSecond: 20, burst: 100 } as const
/** The same for unknown names while an answer is on its way: one of them may be new. */
const MORE_ASKS = { perSecond: 1, burst: 4 } as const

/**
 * The owner of each hostname, as this Worker knows it. It holds the whole list, so a known host costs no
 * question and an invented one no memory. Each request waits only for its own question: if a client gives up
 * a shared one, the others would wait without end.
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
   * The owner of this hostname.
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

  /** A hostname was just assigned or revoked through this Worker, so its next request asks. */
  changed(): void {
    this.#askedAt = -Infinity
    this.#believedUntil = -Infinity
  }

  /** The last question has no answer yet, and perhaps never gets one. */
  get #underWay(): boolean {
    return this.#version === undefined || this.#answeredAt < this.#askedAt
  }

  #mustWait(now: number): boolean {
    if (this.#version === undefined) return this.#firstAsks.take('', FIRST_ASKS, now) > 0
    // Do not wait for a lost question.
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
      // The old list is good for a while longer. A revoked owner is refused by their own object.
      if (now - this.#answeredAt <= STALE_MS) return
      this.#hosts.clear()
      this.#version = undefined
      return
    }
    this.#answeredAt = Math.max(this.#answeredAt, now)
    this.#believedUntil = this.#answeredAt + FRESH_MS
    // If two answers were on their way, the newer one counts.
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
