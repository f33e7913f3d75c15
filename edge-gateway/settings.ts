import { parseDidKey, type DidKey } from '../protocol/did-key.ts'
import type { Env } from './env.ts'

/** The deployment's variables, checked once. */
export interface Settings {
  readonly owner: DidKey
  readonly ownerKey: Uint8Array
  readonly clientAddressHeader: string | undefined
  readonly headTimeoutMs: number
}

const HEAD_TIMEOUT_SECONDS = 100
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
  return {
    owner: owner as DidKey,
    ownerKey,
    clientAddressHeader: header || undefined,
    headTimeoutMs: seconds * 1000,
  }
}

function keyOf(did: string): Uint8Array | undefined {
  try {
    return parseDidKey(did)
  } catch {
    return undefined
  }
}
