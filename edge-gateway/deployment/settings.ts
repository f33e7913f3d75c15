import { parseDidKey, type DidKey } from '../../protocol/identity/did-key.ts'
import type { Env } from './env.ts'
import type { AddressLimits } from '../door/address-limits.ts'
import { HostOwner } from '../door/host-owner.ts'
import { PublicHosts } from '../door/public-hosts.ts'
import type { AddressSource } from '../door/public-request.ts'
import type { Rate } from '../door/rate-buckets.ts'

/** Who gives out the hostnames of a gateway for several owners. */
export interface RegistryAdmin {
  readonly admin: DidKey
  readonly adminKey: Uint8Array
}

/** The deployment's variables and bindings, checked once. */
export interface Settings extends AddressLimits, AddressSource {
  readonly env: Env
  /** Whom every hostname belongs to, or the admin of the registry that says whom each belongs to. */
  readonly serves: HostOwner | RegistryAdmin
  /** Hosts for which a signature may be made. */
  readonly publicHosts: PublicHosts
  readonly headTimeoutMs: number
}

/** Those of a gateway for several owners. */
export interface RegistrySettings extends Settings {
  readonly serves: RegistryAdmin
}

export function haveRegistry(settings: Settings): settings is RegistrySettings {
  return !(settings.serves instanceof HostOwner)
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
  const serves = servesOf(env)
  if (typeof serves === 'string') return serves
  const publicHosts = PublicHosts.parse(env.PUBLIC_HOSTNAMES ?? '')
  if (publicHosts === undefined) {
    return 'PUBLIC_HOSTNAMES must name the hosts that this gateway is reached by, or be * on Cloudflare'
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
    env,
    serves,
    publicHosts,
    clientAddressHeader: header || undefined,
    headTimeoutMs: seconds * 1000,
    addressRate,
    strangerRate,
    addressCounter: env.ADDRESS_LIMIT,
    strangerCounter: env.STRANGER_LIMIT,
  }
}

/** One owner of everything, or many and an admin: with both nobody could say whom a hostname belongs to. */
function servesOf(env: Env): HostOwner | RegistryAdmin | string {
  const owner = env.OWNER_DID ?? ''
  const admin = env.ADMIN_DID ?? ''
  if (owner !== '' && admin !== '') {
    return 'OWNER_DID and ADMIN_DID are both set: a gateway has one owner, or an admin who invites several'
  }
  const key = keyOf(admin || owner)
  if (key === undefined) {
    return `${admin ? 'ADMIN_DID' : 'OWNER_DID'} is not the did:key of an instance. Take it from 'spl status' at home`
  }
  if (admin === '') return HostOwner.alone(owner as DidKey)
  if (env.REGISTRY === undefined)
    return 'ADMIN_DID needs the object class RegistryObject as REGISTRY'
  return { admin: admin as DidKey, adminKey: key }
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
