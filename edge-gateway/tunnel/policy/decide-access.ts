import { corsPolicy, type CorsPolicy } from '../../../protocol/http/cors.ts'
import { MISSING_THREAD } from '../../../protocol/http/missing-thread.ts'
import { hasTag } from '../../../protocol/identity/thread-tag.ts'
import type { EdgeLimits, EdgePolicy, EdgeToken } from '../../../protocol/tunnel/edge-policy.ts'
import { SCOPES, type Scope } from '../../../protocol/identity/scopes.ts'
import type { Refusal } from '../../door/refusal.ts'
import type { Relayed } from '../../internal/relayed.ts'

/** An edge policy in the form that requests are decided by. */
export interface AccessRules {
  /** Live tokens by `token_id`; null: only the daemon knows them. */
  readonly tokens: ReadonlyMap<string, EdgeToken> | null
  /** Home's clock minus the gateway's, seconds: tokens end by home's. */
  readonly clockOffset: number
  readonly limits: EdgeLimits
  readonly cors: CorsPolicy
  /** What it was made from. */
  readonly origins: readonly string[]
}

/** @param clockOffset home's clock minus the gateway's, seconds */
export function accessRules({ tokens, limits, origins }: EdgePolicy, clockOffset = 0): AccessRules {
  const byId = tokens === null ? null : new Map(Object.entries(tokens))
  return { tokens: byId, clockOffset, limits, cors: corsPolicy(origins), origins }
}

export type TokenFault = 'revoked' | 'expired'

/**
 * Why a token is worth nothing any more, or undefined.
 * @param now Unix time of the gateway, seconds
 */
export function tokenFault(
  { tokens, clockOffset }: AccessRules,
  tokenId: string,
  now: number,
): TokenFault | undefined {
  if (tokens === null) return undefined
  const token = tokens.get(tokenId)
  if (token === undefined) return 'revoked'
  return token.expires !== undefined && now + clockOffset >= token.expires ? 'expired' : undefined
}

/** Whether a live token lacks every scope that the route takes; undefined where the daemon decides. */
export function decideScope(
  rules: AccessRules,
  { tokenId, scopes }: Pick<Relayed, 'tokenId' | 'scopes'>,
): Refusal | undefined {
  if (tokenId === undefined || rules.tokens === null) return undefined
  const granted = rules.tokens.get(tokenId)?.scopes ?? 0
  return scopes === 0 || (granted & (scopes | ADMIN)) !== 0 ? undefined : lacksScope(scopes)
}

/** Whether a live token reaches other threads alone; undefined where the daemon decides. Asked after its scope. */
export function decideReach(
  { tokens }: AccessRules,
  { tokenId, thread }: Pick<Relayed, 'tokenId' | 'thread'>,
): Refusal | undefined {
  if (tokenId === undefined || thread === undefined) return undefined
  const reached = tokens?.get(tokenId)?.threads
  return reached === undefined || hasTag(reached, thread) ? undefined : MISSING_THREAD
}

/** Whether a live token has the scope admin. */
export function isOwners({ tokens }: AccessRules, tokenId: string): boolean {
  return ((tokens?.get(tokenId)?.scopes ?? 0) & ADMIN) !== 0
}

/** Says so before a body has crossed that the daemon would not take. */
export function decideBody(
  { limits }: AccessRules,
  { bodyBytes, anyLength }: Pick<Relayed, 'bodyBytes' | 'anyLength'>,
): Refusal | undefined {
  if (anyLength || bodyBytes <= limits.body_bytes) return undefined
  return {
    code: 'BODY_TOO_LARGE',
    message: `The body is larger than the ${limits.body_bytes} bytes that this host takes`,
    try: 'send less at a time',
  }
}

export const TOKEN_REFUSALS: Readonly<Record<TokenFault, Refusal>> = {
  revoked: {
    code: 'AUTH_INVALID',
    message: 'The bearer token is revoked, or unknown to the instance behind this host',
    try: 'ask the owner of this host for a new bearer',
  },
  expired: {
    code: 'AUTH_INVALID',
    message: 'The bearer token has expired',
    try: 'ask the owner of this host for a new bearer',
  },
}

const ADMIN = 1 << SCOPES.indexOf('admin')

function lacksScope(required: number): Refusal {
  const [first = 'admin', ...others] = SCOPES.filter((_, at) => (required & (1 << at)) !== 0)
  const any: readonly Scope[] = [first, ...others]
  return {
    code: 'SCOPE_FORBIDDEN',
    message: `The bearer token lacks the scope ${first}`,
    try: `use a bearer of a service account that has ${any.join(' or ')}`,
    details: { required_scope: first },
  }
}
