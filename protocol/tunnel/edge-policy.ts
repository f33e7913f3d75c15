import { LIMITS } from '../limits.ts'
import { SCOPES } from '../identity/scopes.ts'
import { isThreadTags } from '../identity/thread-tag.ts'
import { parseWireObject } from './wire-json.ts'

/**
 * What the gateway decides by before it asks the daemon, and while the daemon is away: a projection of the daemon's
 * store, sent on each connect and change. It has no secrets. The daemon checks everything again.
 */
export interface EdgePolicy {
  /** Grows with each change; the gateway acknowledges it. */
  readonly version: number
  /** Home's clock when it was sent, Unix time in seconds: `expires` is by that clock, which may be wrong. */
  readonly time: number
  /** Origins whose pages may call, as browsers send them. */
  readonly origins: readonly string[]
  /**
   * Live tokens by `token_id`. Null: there are more than fit into a policy, and only the daemon knows them.
   */
  readonly tokens: Readonly<Record<string, EdgeToken>> | null
  readonly limits: EdgeLimits
}

export interface EdgeToken {
  /** `SCOPES` as bits, the first is 1. */
  readonly scopes: number
  /** Unix time, seconds; absent: does not expire. */
  readonly expires?: number
  /**
   * Tags of the threads that it reaches (`threadTags`), if it reaches threads alone. Absent: everywhere, or home decides.
   * A gateway that does not know this member decides by the others.
   */
  readonly threads?: string
}

export interface EdgeLimits {
  /** Requests per second that one token may make over a long time. */
  readonly token_per_second: number
  /** Requests that it may make at once. */
  readonly token_burst: number
  /** Largest request body of the daemon's routes, bytes. */
  readonly body_bytes: number
}

export function scopeBits(scopes: readonly string[]): number {
  let bits = 0
  for (const [at, scope] of SCOPES.entries()) if (scopes.includes(scope)) bits |= 1 << at
  return bits
}

/** The policy as the payload of a POLICY frame; undefined if it is too large. */
export function encodeEdgePolicy(policy: EdgePolicy): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(policy))
  return bytes.length > LIMITS.policyBytes ? undefined : bytes
}

/** The same without what the tokens reach: for a policy that is too large with it. */
export function withoutReach(policy: EdgePolicy): EdgePolicy {
  if (policy.tokens === null) return policy
  const tokens = Object.entries(policy.tokens).map(([id, { threads: _threads, ...token }]) => [
    id,
    token,
  ])
  return { ...policy, tokens: Object.fromEntries(tokens) as Record<string, EdgeToken> }
}

/** Undefined for anything but a whole policy. */
export function decodeEdgePolicy(bytes: Uint8Array): EdgePolicy | undefined {
  if (bytes.length > LIMITS.policyBytes) return undefined
  const value = parseWireObject(bytes)
  if (value === undefined) return undefined
  const { version, time, origins, tokens, limits } = value
  if (!isCount(version) || !isCount(time) || !isOrigins(origins) || !isLimits(limits))
    return undefined
  if (tokens !== null && !isTokens(tokens)) return undefined
  return { version, time, origins, tokens, limits }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** `SCOPES` as bits, at most 31: more would become negative when compared. */
function isBits(value: unknown): value is number {
  return isCount(value) && value < 2 ** 31
}

/** What a browser can send in `Origin`. It is compared exactly, so an entry of another form allows nothing. */
const ORIGIN = new RegExp(`^[!-~]{1,${LIMITS.originCharacters}}$`)

function isOrigins(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > LIMITS.corsOrigins) return false
  return value.every((origin) => typeof origin === 'string' && ORIGIN.test(origin))
}

function isLimits(value: unknown): value is EdgeLimits {
  if (typeof value !== 'object' || value === null) return false
  const { token_per_second, token_burst, body_bytes } = value as Record<string, unknown>
  return [token_per_second, token_burst, body_bytes].every((n) => isCount(n) && n > 0)
}

function isTokens(value: unknown): value is Record<string, EdgeToken> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([id, token]) => /^[0-9a-f]{64}$/.test(id) && isToken(token))
}

function isToken(value: unknown): value is EdgeToken {
  if (typeof value !== 'object' || value === null) return false
  const { scopes, expires, threads } = value as Record<string, unknown>
  return (
    isBits(scopes) &&
    (expires === undefined || isCount(expires)) &&
    (threads === undefined || isThreadTags(threads))
  )
}
