import type { Env } from '../env.ts'
import { RateBuckets, type Rate } from '../rate-buckets.ts'
import type { Settings } from '../settings.ts'
import { addressKey } from '../../protocol/http/address-key.ts'
import { UNREADABLE } from './public-request.ts'

/** Whole seconds until a request may pass; 0: it may. Awaited only where the platform counts. */
export type Wait = number | Promise<number>

/** Addresses counted at once by this isolate. */
const ADDRESSES_MAX = 8192
/** The period of the bindings (wrangler.toml), seconds: they do not say how much of it is left. */
const BINDING_PERIOD = 60

const addresses = new RateBuckets(ADDRESSES_MAX)
const strangers = new RateBuckets(ADDRESSES_MAX)
const challenges = new RateBuckets(ADDRESSES_MAX)

/** Counts a request of this address. An unknown address has no limit: it would be everybody's. */
export function addressWait(env: Env, settings: Settings, client: string | undefined): Wait {
  return count(env.ADDRESS_LIMIT, addresses, settings.addressRate, client)
}

/** Counts a request of this address that shows no good bearer. */
export function strangerWait(env: Env, settings: Settings, client: string | undefined): Wait {
  return count(env.STRANGER_LIMIT, strangers, settings.strangerRate, client)
}

/**
 * Counts a question for a challenge, as often as a stranger may ask for anything, and apart from that: whoever shares
 * home's address and asks for other things must not keep home out.
 */
export function challengeWait(env: Env, settings: Settings, client: string | undefined): Wait {
  return count(env.STRANGER_LIMIT, challenges, settings.strangerRate, client, 'challenge ')
}

function count(
  binding: RateLimit | undefined,
  own: RateBuckets,
  rate: Rate,
  client: string | undefined,
  prefix = '',
): Wait {
  if (client === undefined) return 0
  const key = prefix + (addressKey(client) ?? UNREADABLE)
  // Cloudflare counts per location, for all isolates there; without it this isolate counts for itself.
  return binding === undefined ? own.take(key, rate, Date.now()) : ask(binding, key)
}

async function ask(binding: RateLimit, key: string): Promise<number> {
  try {
    return (await binding.limit({ key })).success ? 0 : BINDING_PERIOD
  } catch {
    // The shield is a convenience: its failure must not shut everybody out. Tokens are limited all the same.
    return 0
  }
}
