import { corsPolicy, type CorsPolicy } from '../../protocol/http/cors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { RateBuckets, type Rate } from '../door/rate-buckets.ts'
import { ORIGINS_URL } from '../internal/relayed.ts'

/** How long a list is good for, milliseconds: so late refusals may be by a change of it. */
const FRESH_MS = 2_000
/** How often an object may be asked while nothing, or something old, is known of it: as many as come before its answer. */
const FIRST: Rate = { perSecond: LIMITS.originLookupsPerSecond, burst: LIMITS.originLookups }
/** How often for an origin that its list does not hold, which may have been allowed just now. */
const UNKNOWN: Rate = {
  perSecond: LIMITS.unknownOriginLookupsPerSecond,
  burst: LIMITS.unknownOriginLookups,
}

interface Known {
  readonly cors: CorsPolicy
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * What this isolate knows of the origins that each object allows. One answer of an object serves all refusals of the
 * next moments: a flood of them is no flood of questions, and makes nobody's refusals unreadable.
 */
export class KnownOrigins {
  readonly #known = new Map<string, Known>()
  readonly #first = new RateBuckets(LIMITS.gatewayHostnames)
  readonly #unknown = new RateBuckets(LIMITS.gatewayHostnames)

  /**
   * The policy to tell this origin's page by; undefined: it cannot be known now.
   * @param name of the object
   * @param now milliseconds since 1970
   */
  of(
    name: string,
    origin: string,
    object: () => Fetcher,
    now: number,
  ): CorsPolicy | Promise<CorsPolicy | undefined> | undefined {
    const known = this.#known.get(name)
    const fresh = known !== undefined && now - known.at < FRESH_MS
    if (fresh && known.cors.origins.has(origin)) return known.cors
    const wait = fresh ? this.#unknown.take(name, UNKNOWN, now) : this.#first.take(name, FIRST, now)
    return wait > 0 ? known?.cors : this.#ask(name, object)
  }

  async #ask(name: string, object: () => Fetcher): Promise<CorsPolicy | undefined> {
    try {
      const origins = await (await object().fetch(ORIGINS_URL)).json<string[]>()
      const known: Known = { cors: corsPolicy(origins), at: Date.now() }
      this.#known.delete(name)
      const [oldest] = this.#known.keys()
      if (this.#known.size >= LIMITS.gatewayHostnames && oldest !== undefined) {
        this.#known.delete(oldest)
      }
      this.#known.set(name, known)
      return known.cors
    } catch {
      return this.#known.get(name)?.cors
    }
  }
}
