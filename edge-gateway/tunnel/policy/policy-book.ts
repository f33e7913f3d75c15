import {
  corsPolicy,
  decideCors,
  type CorsDecision,
  type CorsRequest,
} from '../../../protocol/http/cors.ts'
import {
  decodeEdgePolicy,
  encodeEdgePolicy,
  type EdgePolicy,
} from '../../../protocol/tunnel/edge-policy.ts'
import { CODES, type Holder, STRANGERS } from '../../../protocol/multiplexer/shares.ts'
import { RateBuckets, type Rate } from '../../door/rate-buckets.ts'
import type { Refusal } from '../../door/refusal.ts'
import {
  accessRules,
  decideBody,
  decideReach,
  decideScope,
  isOwners,
  TOKEN_REFUSALS,
  tokenFault,
  type AccessRules,
} from './decide-access.ts'
import type { Relayed } from '../../internal/relayed.ts'
import { STORED } from '../stored-keys.ts'
import type { StoredValues } from '../stored-values.ts'
import { NO_ORIGIN } from '../../door/refusals.ts'
import { NO_POLICY } from '../refusals.ts'

/** Tokens whose use is counted at once: more than a policy can name. */
const TOKENS_MAX = 4096
/** What a token may still ask that is worth nothing any more. */
const REFUSED_RATE: Rate = { perSecond: 1, burst: 40 }
const NOBODY = corsPolicy([])

/**
 * The daemon's word on who may do what, kept so that it holds while the daemon is away. Read from storage
 * at the first request after a start or a sleep, and from then on in memory.
 */
export class PolicyBook {
  readonly #stored: StoredValues
  readonly #buckets = new RateBuckets(TOKENS_MAX)
  readonly #refused = new RateBuckets(TOKENS_MAX)
  #rules: AccessRules | undefined
  #loaded = false

  constructor(stored: StoredValues) {
    this.#stored = stored
  }

  /**
   * False for a policy that is longer once written down than one may be.
   * @param now milliseconds since 1970
   */
  keep(policy: EdgePolicy, now: number): boolean {
    const bytes = encodeEdgePolicy(policy)
    if (bytes === undefined) return false
    const offset = policy.time - Math.floor(now / 1000)
    this.#stored.put(STORED.policy, bytes)
    this.#stored.put(STORED.policyOffset, offset)
    this.#rules = accessRules(policy, offset)
    this.#loaded = true
    return true
  }

  /** Nothing of the owner's stays behind. */
  forget(): void {
    this.#stored.put(STORED.policy, undefined)
    this.#stored.put(STORED.policyOffset, undefined)
    this.#rules = undefined
    this.#loaded = true
  }

  /**
   * Why a request goes no further, or undefined; without a policy home decides.
   * @param now milliseconds since 1970
   */
  refusal(request: Relayed, now: number): Refusal | undefined {
    const rules = this.#current
    if (rules === undefined) return undefined
    return (
      refusalOfOrigin(rules, request) ??
      this.#worthless(rules, request.tokenId, now) ??
      this.#tooOften(rules, request.tokenId, now) ??
      decideScope(rules, request) ??
      decideReach(rules, request) ??
      decideBody(rules, request)
    )
  }

  /** The same for a request that home is not asked about: what the policy does not say of it is a no. */
  refusalHere(request: Relayed, now: number): Refusal | undefined {
    if ((this.#current?.tokens ?? null) === null) return NO_POLICY
    return this.refusal(request, now)
  }

  /** The same for a request that was counted when it came, and has waited since. */
  refusalOfLetIn(request: Relayed, now: number): Refusal | undefined {
    const { tokenId } = request
    const rules = this.#current
    if (rules === undefined) return undefined
    const fault = tokenId === undefined ? undefined : tokenFault(rules, tokenId, now / 1000)
    if (fault !== undefined) return TOKEN_REFUSALS[fault]
    const foreign = refusalOfOrigin(rules, request)
    if (foreign !== undefined) return foreign
    return decideScope(rules, request) ?? decideReach(rules, request) ?? decideBody(rules, request)
  }

  /** Whose share a request takes; the owner's is known only by a policy that names the tokens. */
  holder({ tokenId, stranger }: Pick<Relayed, 'tokenId' | 'stranger'>): Holder {
    if (tokenId === undefined) return stranger ? STRANGERS : CODES
    const rules = this.#current
    return { key: tokenId, owner: rules !== undefined && isOwners(rules, tokenId) }
  }

  /** Origins whose pages may call; none without a policy. */
  get origins(): readonly string[] {
    return this.#current?.origins ?? []
  }

  /** What a request's page may read, or do; without a policy nobody's page may. */
  decideCors(request: CorsRequest): CorsDecision {
    return decideCors(request, this.#current?.cors ?? NOBODY)
  }

  /** Whether this token is worth nothing any more. @param now milliseconds since 1970 */
  disowns(tokenId: string, now: number): boolean {
    return this.#rules !== undefined && tokenFault(this.#rules, tokenId, now / 1000) !== undefined
  }

  get #current(): AccessRules | undefined {
    return this.#loaded ? this.#rules : this.#load()
  }

  /** A token that is revoked or expired: why, and once that was said often enough, at the rate of the refused. */
  #worthless(rules: AccessRules, tokenId: string | undefined, now: number): Refusal | undefined {
    const fault = tokenId === undefined ? undefined : tokenFault(rules, tokenId, now / 1000)
    if (tokenId === undefined || fault === undefined) return undefined
    const seconds = this.#refused.take(tokenId, REFUSED_RATE, now)
    return seconds === 0 ? TOKEN_REFUSALS[fault] : refusedTooOften(seconds)
  }

  #tooOften(
    { limits }: AccessRules,
    tokenId: string | undefined,
    now: number,
  ): Refusal | undefined {
    if (tokenId === undefined) return undefined
    const rate = { perSecond: limits.token_per_second, burst: limits.token_burst }
    const seconds = this.#buckets.take(tokenId, rate, now)
    if (seconds === 0) return undefined
    return tooOften(rate, seconds)
  }

  /** What an older gateway has kept may be of a form that is no more; then home decides until it tells. */
  #load(): AccessRules | undefined {
    const bytes = this.#stored.get<Uint8Array>(STORED.policy)
    const policy = bytes === undefined ? undefined : decodeEdgePolicy(bytes)
    const offset = this.#stored.get<number>(STORED.policyOffset) ?? 0
    this.#rules = policy === undefined ? undefined : accessRules(policy, offset)
    this.#loaded = true
    return this.#rules
  }
}

function refusalOfOrigin({ cors }: AccessRules, { origin }: Relayed): Refusal | undefined {
  return origin === undefined || cors.origins.has(origin) ? undefined : NO_ORIGIN
}

function refusedTooOften(seconds: number): Refusal {
  return {
    code: 'RATE_LIMITED',
    message: 'This bearer token is no longer valid, and is still being sent',
    try: 'stop sending it, and get another one from the owner',
    retryAfter: seconds,
  }
}

function tooOften({ perSecond, burst }: Rate, seconds: number): Refusal {
  return {
    code: 'RATE_LIMITED',
    message: `This bearer token may make ${perSecond} requests a second, ${burst} at once`,
    try: `wait ${seconds} s, and spread the requests`,
    retryAfter: seconds,
    passing: true,
  }
}
