import { parseDidKey, type DidKey } from '../protocol/did-key.ts'
import type { Env } from './env.ts'
import type { Rate } from './rate-buckets.ts'

/** The deployment's variables, checked once. */
export interface Settings {
  readonly owner: DidKey
  readonly ownerKey: Uint8Array
  readonly clientAddressHeader: string | undefined
  readonly headTimeoutMs: number
  /** Requests of one address, and of these without a good bearer. */
  readonly addressRate: Rate
  readonly strangerRate: Rate
}

const HEAD_TIMEOUT_SECONDS = 100
const ADDRESS_REQUESTS_PER_MINUTE = 6000
const STRANGER_REQUESTS_PER_MINUTE = 120
const cache = new WeakMap<Env, Settings | string>()

/** The settings, or what is wrong with them in words for the person who deployed. */
export function readSettings(env: Env): Settings | string {
  const known = cache.get(env)
  if (known !== undefined) return known
  const settings = parse(env)
  cache.set(env, settings)
  return settings
}

function parse(env: Env): Settings | string {
  const owner = env.OWNER_DID ?? ''
  const ownerKey = keyOf(owner)
  if (ownerKey === undefined) {
    return "OWNER_DID is not the did:key of an instance. Take it from 'spl status' at home"
  }
  const seconds = Number(env.HEAD_TIMEOUT_SECONDS || HEAD_TIMEOUT_SECONDS)
  if (!(seconds >= 1 && seconds <= 3600)) return 'HEAD_TIMEOUT_SECONDS must be from 1 to 3600'
  const header = env.CLIENT_ADDRESS_HEADER?.trim().toLowerCase()
  if (header && !/^[a-z0-9-]+$/.test(header)) return 'CLIENT_ADDRESS_HEADER is not a header name'
  const addressRate = perMinute(env.ADDRESS_REQUESTS_PER_MINUTE, ADDRESS_REQUESTS_PER_MINUTE)
  if (addressRate === undefined) return `ADDRESS_REQUESTS_PER_MINUTE ${COUNT}`
  const strangerRate = perMinute(env.STRANGER_REQUESTS_PER_MINUTE, STRANGER_REQUESTS_PER_MINUTE)
  if (strangerRate === undefined) return `STRANGER_REQUESTS_PER_MINUTE ${COUNT}`
  return {
    owner: owner as DidKey,
    ownerKey,
    clientAddressHeader: header || undefined,
    headTimeoutMs: seconds * 1000,
    addressRate,
    strangerRate,
  }
}

const COUNT = 'must be a whole number from 1 to 1000000'

/** All of a minute may come at once. */
function perMinute(text: string | undefined, otherwise: number): Rate | undefined {
  const count = Number(text || otherwise)
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000) return undefined
  return { perSecond: count / 60, burst: count }
}

function keyOf(did: string): Uint8Array | undefined {
  try {
    return parseDidKey(did)
  } catch {
    return undefined
  }
}
