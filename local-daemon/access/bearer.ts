import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import { hash, timingSafeEqual } from 'node:crypto'
import { readBearer } from '../../protocol/identity/bearer.ts'
import { scopesWithin } from '../../protocol/identity/reach.ts'
import { parseToken, TokenError, tokenId, verifyToken } from '../../protocol/identity/token.ts'
import type { ProblemCode } from '../../protocol/http/problem.ts'
import { ACCESS_LIMITS } from './limits.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { Store } from '../store/open-store.ts'
import type { TokenRow } from '../store/rows.ts'
import { ACCOUNTS_THREAD } from '../store/daemon-threads.ts'
import { nowSeconds, storedReach } from './accounts.ts'
import type { Identity } from './identity/identity.ts'
import type { AccountPrincipal } from './principal.ts'
import type { TokenUses } from './token-uses.ts'

/** Why a grant has ended: revoked, expired, or a bearer is required now. */
export type GrantEnd = Extract<ProblemCode, 'AUTH_REVOKED' | 'AUTH_INVALID' | 'AUTH_REQUIRED'>

/** The next step for a caller without a valid bearer. */
export const SEND_BEARER = 'Send: Authorization: Bearer spl_… with a token of this daemon.'

/**
 * Tells who an `Authorization` header stands for, and whether that grant still exists. A checked bearer is remembered,
 * by hash, until an account or token changes. Then everything is checked again, so a revocation works from the next
 * request. Synchronous for a remembered bearer.
 */
export class BearerCheck {
  readonly #store: Store
  readonly #identity: Identity
  readonly #uses: Pick<TokenUses, 'note'>
  readonly #verified = new Map<string, AccountPrincipal>()
  /** Tokens that are not revoked, by id, and when each expires. A body that has arrived costs no read of the store. */
  readonly #live = new Map<string, number | null>()

  constructor(store: Store, identity: Identity, uses: Pick<TokenUses, 'note'>) {
    this.#store = store
    this.#uses = uses
    this.#identity = identity
    store.commits.add((records) => {
      if (!records.some((record) => record.thread === ACCOUNTS_THREAD)) return
      this.#verified.clear()
      this.#live.clear()
    })
  }

  /** Throws `ProblemError`: `AUTH_REQUIRED` without a bearer, `AUTH_INVALID` for an invalid one. */
  check(authorization: string | null): MaybePromise<AccountPrincipal> {
    const bearer = requireBearer(authorization)
    // Looked up by hash, so its time reveals nothing about remembered bearers.
    const key = hash('sha256', bearer, 'base64')
    const known = this.#verified.get(key)
    if (known === undefined) return this.#verify(bearer, key)
    if (hasExpired(known.expiresAt)) throw invalid()
    this.#uses.note(known.tokenId)
    return known
  }

  /** Whether a bearer was signed here, even if it is revoked or expired. */
  async isSigned(authorization: string): Promise<boolean> {
    try {
      const token = parseToken(requireBearer(authorization))
      return await verifyToken(token, this.#identity.publicKey)
    } catch (error) {
      if (error instanceof TokenError || error instanceof ProblemError) return false
      throw error
    }
  }

  /** Who a token stands for now, according to the store; undefined if it is no longer valid. */
  principalOf(token: string): AccountPrincipal | undefined {
    const row = this.#store.token(token)
    return row !== undefined && isLive(row) ? toPrincipal(row) : undefined
  }

  /** Who owns the token whose id begins with these hex digits; `endOf` tells whether it is still valid. */
  holderOf(digits: string): AccountPrincipal | undefined {
    const row = this.#store.tokenThatBegins(digits)
    return row === undefined ? undefined : toPrincipal(row)
  }

  /** Why a token that was valid is no longer; undefined while it is. */
  endOf(token: string): GrantEnd | undefined {
    let expiresAt = this.#live.get(token)
    if (expiresAt === undefined) {
      const row = this.#store.token(token)
      if (row === undefined || isRevoked(row)) return 'AUTH_REVOKED'
      expiresAt = row.expires_at
      remember(this.#live, token, expiresAt)
    }
    return hasExpired(expiresAt) ? 'AUTH_INVALID' : undefined
  }

  async #verify(bearer: string, key: string): Promise<AccountPrincipal> {
    const parsed = parseOrRefuse(bearer)
    if (!(await verifyToken(parsed, this.#identity.publicKey))) throw invalid()
    const id = await tokenId(parsed.secret)
    // Nothing is awaited from here, so no revocation can come between reading and remembering.
    const row = this.#store.token(id)
    if (row === undefined || !sameText(row.token_id, id) || !sameText(row.account, parsed.saId)) {
      throw invalid()
    }
    if (row.env !== parsed.env || isRevoked(row)) throw invalid()
    if (!isLive(row)) throw expired()
    const principal = toPrincipal(row)
    remember(this.#verified, key, principal)
    this.#uses.note(id)
    return principal
  }
}

function remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
  if (known.size >= ACCESS_LIMITS.verifiedBearers) {
    const [oldest] = known.keys()
    if (oldest !== undefined) known.delete(oldest)
  }
  known.set(key, value)
}

function isRevoked(row: TokenRow): boolean {
  return row.revoked_at !== null || row.account_revoked_at !== null
}

function isLive(row: TokenRow): boolean {
  return !isRevoked(row) && !hasExpired(row.expires_at)
}

/** @param at Unix time, seconds; null for never */
function hasExpired(at: number | null): boolean {
  return at !== null && nowSeconds() >= at
}

function toPrincipal(row: TokenRow): AccountPrincipal {
  const scopes = JSON.parse(row.scopes) as readonly string[]
  const reach = storedReach(row.reach)
  return {
    kind: 'account',
    account: row.account,
    tokenId: row.token_id,
    scopes: scopesWithin(reach, scopes),
    actors: JSON.parse(row.actors) as readonly string[],
    namespace: row.namespace,
    reach,
    expiresAt: row.expires_at,
  }
}

/** What `Authorization` has after `Bearer`. @throws ProblemError AUTH_REQUIRED, AUTH_INVALID, INVALID_HEADERS */
export function requireBearer(authorization: string | null): string {
  if (authorization === null) {
    throw new ProblemError('AUTH_REQUIRED', 'This route needs a bearer token', {
      try: SEND_BEARER,
    })
  }
  const shown = readBearer(authorization)
  if (shown === 'doubled') {
    throw new ProblemError('INVALID_HEADERS', 'Authorization came more than once', {
      try: SEND_BEARER,
    })
  }
  if (shown === undefined) throw invalid()
  return shown.bearer
}

function parseOrRefuse(bearer: string) {
  try {
    return parseToken(bearer)
  } catch (error) {
    if (error instanceof TokenError) throw invalid()
    throw error
  }
}

/** One answer for every reason, so that trying reveals nothing. */
export function invalid(): ProblemError {
  return new ProblemError('AUTH_INVALID', 'The bearer token is not valid on this daemon', {
    try: SEND_BEARER,
  })
}

/** Sent only to a caller with the secret of a token that was valid, so others learn nothing. */
function expired(): ProblemError {
  return new ProblemError('AUTH_INVALID', 'The bearer token has expired', {
    try: 'Ask the owner of this daemon for another one.',
  })
}

export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
