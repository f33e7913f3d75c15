import { addressKey } from '../../protocol/http/address-key.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { UNREADABLE } from './public-request.ts'
import { RateBuckets, type Rate } from './rate-buckets.ts'

/** How often one address may ask, and what counts it. */
export interface AddressLimits {
  /** All its requests, and those of them without a good bearer. */
  readonly addressRate: Rate
  readonly strangerRate: Rate
  /** Cloudflare's counters of the same; undefined: this isolate counts for itself. */
  readonly addressCounter: RateLimit | undefined
  readonly strangerCounter: RateLimit | undefined
}

/** Whole seconds until a request may pass; 0: it may. Awaited only where the platform counts. */
export type Wait = MaybePromise<number>

/** Addresses counted at once by this isolate. */
const ADDRESSES_MAX = 8192
/** The period of the bindings (wrangler.toml), seconds: they do not say how much of it is left. */
const BINDING_PERIOD = 60

const addresses = new RateBuckets(ADDRESSES_MAX)
const strangers = new RateBuckets(ADDRESSES_MAX)
const challenges = new RateBuckets(ADDRESSES_MAX)

/** Counts a request of this address. An unknown address has no limit: it would be everybody's. */
export function addressWait(
  { addressCounter, addressRate }: AddressLimits,
  client: string | undefined,
): Wait {
  if (client === undefined) return 0
  return count(addressCounter, addresses, addressRate, keyOf(client))
}

/** Counts a request of this address that shows no good bearer. */
export function strangerWait(
  { strangerCounter, strangerRate }: AddressLimits,
  client: string | undefined,
): Wait {
  if (client === undefined) return 0
  return count(strangerCounter, strangers, strangerRate, keyOf(client))
}

/**
 * Counts a question for a challenge, as often as a stranger may ask for anything, and apart from that: whoever shares
 * home's address and asks for other things must not keep home out.
 */
export function challengeWait(
  { strangerCounter, strangerRate }: AddressLimits,
  client: string | undefined,
): Wait {
  if (client === undefined) return 0
  return count(strangerCounter, challenges, strangerRate, `challenge ${keyOf(client)}`)
}

function keyOf(client: string): string {
  return addressKey(client) ?? UNREADABLE
}

/** Cloudflare counts per location, for all isolates there; without it this isolate counts for itself. */
function count(counter: RateLimit | undefined, own: RateBuckets, rate: Rate, key: string): Wait {
  return counter === undefined ? own.take(key, rate, Date.now()) : ask(counter, key)
}

async function ask(binding: RateLimit, key: string): Promise<number> {
  try {
    return (await binding.limit({ key })).success ? 0 : BINDING_PERIOD
  } catch {
    // The shield is a convenience: its failure must not shut everybody out. Tokens are limited all the same.
    return 0
  }
}
