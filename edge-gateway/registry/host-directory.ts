import { RateBuckets } from '../rate-buckets.ts'
import { HostOwner } from '../host-owner.ts'
import type { Directory } from './registry-object.ts'
import { objectNameOf } from './registration.ts'

/** Asks the registry; undefined: nothing has changed since that version. */
export type AskDirectory = (known: number | undefined) => Promise<Directory | undefined>

/** Whose a hostname is; `unknown`: nobody's; `unavailable`: the registry did not say. */
export type Found = HostOwner | 'unknown' | 'unavailable'

/** How long what the registry said is believed, milliseconds: a change holds everywhere after it. */
const FRESH_MS = 30_000
/**
 * How often an unknown hostname makes the Worker ask, milliseconds. So a new name is served within that, and a
 * flood of invented names costs the registry no more than one does.
 */
const MISS_MS = 3_000
/** How long a registry that does not answer is left alone while there is an old answer, milliseconds. */
const RETRY_MS = 1_000
/** How old an answer may become while the registry does not answer, milliseconds. */
const STALE_MS = 600_000
/** How often a Worker that knows nothing yet asks: each of its first requests does, until the first answer is there. */
const FIRST_ASKS = { perSecond: 20, burst: 100 } as const

/**
 * Whom each hostname belongs to, as this Worker knows it: all of them at once, so that a known host costs no
 * question and an invented one leaves nothing behind. Each request waits for its own question only: one that is
 * given up by its client would leave the others waiting for ever.
 */
export class HostDirectory {
  readonly #firstAsks = new RateBuckets(1)
  #hosts = new Map<string, HostOwner>()
  #version: number | undefined
  /** Milliseconds since 1970. */
  #askedAt = -Infinity
  #answeredAt = -Infinity

  /** @param now milliseconds since 1970 */
  find(hostname: string, ask: AskDirectory, now: number): Found | Promise<Found> {
    const owner = this.#hosts.get(hostname)
    if (!this.#mustAsk(owner !== undefined, now)) return owner ?? this.#absent(now)
    if (this.#version === undefined && this.#firstAsks.take('', FIRST_ASKS, now) > 0) {
      return 'unavailable'
    }
    this.#askedAt = now
    return this.#refresh(ask, now).then(() => this.#hosts.get(hostname) ?? this.#absent(now))
  }

  #mustAsk(known: boolean, now: number): boolean {
    // Nothing to go by yet.
    if (this.#version === undefined || now - this.#answeredAt > STALE_MS) return true
    const asked = now - this.#askedAt
    if (now - this.#answeredAt > FRESH_MS) return asked > RETRY_MS
    return !known && asked > MISS_MS
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
      if (now - this.#answeredAt > STALE_MS) this.#hosts.clear()
      return
    }
    this.#answeredAt = Math.max(this.#answeredAt, now)
    // Of two that were under way the newer one counts.
    if (directory === undefined || directory.version < (this.#version ?? 0)) return
    this.#version = directory.version
    const before = new Map([...this.#hosts.values()].map((owner) => [owner.objectName, owner]))
    this.#hosts = new Map(
      directory.registrations.map((registration) => {
        const name = objectNameOf(registration)
        const { hostname, owner, since } = registration
        return [hostname, before.get(name) ?? HostOwner.among(owner, name, since)]
      }),
    )
  }
}
