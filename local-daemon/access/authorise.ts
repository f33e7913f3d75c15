import { andThen, type MaybePromise } from '../../protocol/maybe-promise.ts'
import { DID } from '../../protocol/records/record.ts'
import { pathOf, type RouteAccess } from '../../protocol/http/route-access.ts'
import type { Scope } from '../../protocol/identity/scopes.ts'
import { ProblemError } from '../problem/problem-error.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Settings } from '../settings/settings.ts'
import { decideClaim } from './actor-claim.ts'
import { type BearerCheck, type GrantEnd, invalid, SEND_BEARER } from './bearer.ts'
import { noInvite } from './invites.ts'
import { mayUse, type Principal } from './principal.ts'
import type { StreamResumption } from './stream-resumption.ts'
import type { StreamTickets } from './stream-tickets.ts'

/** The header in which a caller names its actor. */
export const ACTOR_HEADER = 'x-syncropel-actor'

export interface AuthoriseParts {
  readonly bearers: BearerCheck
  readonly tickets: StreamTickets
  readonly resumption: StreamResumption
  readonly settings: Settings
  /** `--insecure-localhost`: no bearer on loopback while this process runs. */
  readonly insecureLocalhost: boolean
}

/** The errors for a grant that ended during a request or an event stream. */
export const GRANT_ENDS: Readonly<
  Record<GrantEnd, { readonly message: string; readonly next: string }>
> = {
  AUTH_REVOKED: {
    message: 'The bearer token was revoked meanwhile',
    next: 'Ask the owner of this daemon for another one.',
  },
  AUTH_INVALID: {
    message: 'The bearer token expired meanwhile',
    next: 'Ask again with one that is still good.',
  },
  AUTH_REQUIRED: {
    message: 'A bearer token is now required',
    next: SEND_BEARER,
  },
}

/** Decides who a request comes from, and whether they may use a route. */
export class Authorise {
  readonly #parts: AuthoriseParts

  constructor(parts: AuthoriseParts) {
    this.#parts = parts
  }

  /** Whether loopback needs bearers now. */
  get required(): boolean {
    return this.#parts.settings.values.auth_required && !this.#parts.insecureLocalhost
  }

  /**
   * The principal of a request that may use a route. Throws `ProblemError`: `LOCAL_ONLY`, `AUTH_REQUIRED`,
   * `AUTH_INVALID`, `AUTH_REVOKED`, `SCOPE_FORBIDDEN`, `DID_CLAIM_DENIED`. Synchronous for a remembered bearer.
   */
  check(request: Request, facts: RequestFacts, access: RouteAccess): MaybePromise<Principal> {
    if (access.local && facts.via !== 'socket' && facts.via !== 'loopback') throw localOnly()
    // The route itself reads the code. Whether there is one must not depend on the rest of the request.
    if (access.invite && request.headers.get('authorization') === null) throw noInvite()
    return andThen(this.#identify(request, facts, access), this.#admit, request, access)
  }

  /**
   * Checks again, once its body has arrived, whether a request may continue: a right that was revoked meanwhile must not
   * count any more. Throws `ProblemError`: `AUTH_REVOKED`, `AUTH_INVALID` for a bearer that has expired, or
   * `AUTH_REQUIRED` if bearers are required now.
   */
  still(principal: Principal): void {
    const end = this.endOf(principal)
    if (end === undefined) return
    const { message, next } = GRANT_ENDS[end]
    throw new ProblemError(end, message, { try: next })
  }

  /** Whether a principal's grant still exists. */
  holds(principal: Principal): boolean {
    return this.endOf(principal) === undefined
  }

  /** Why a principal's grant has ended; undefined while it has not. */
  endOf(principal: Principal): GrantEnd | undefined {
    if (principal.kind === 'unchecked') return this.required ? 'AUTH_REQUIRED' : undefined
    return principal.kind === 'account' ? this.#parts.bearers.endOf(principal.tokenId) : undefined
  }

  /** Whether a request has a credential that was signed here, valid or not; or needs none. */
  async isSigned(request: Request, { via }: RequestFacts): Promise<boolean> {
    const authorization = request.headers.get('authorization')
    if (authorization !== null) return this.#parts.bearers.isSigned(authorization)
    const [ticket, ...more] = ticketsOf(request.url)
    if (ticket === undefined) return via === 'loopback' && !this.required
    const path = pathOf(request.url.slice(request.url.indexOf('/', 8)))
    return more.length === 0 && this.#parts.tickets.isSigned(ticket, path)
  }

  #identify(request: Request, facts: RequestFacts, access: RouteAccess): MaybePromise<Principal> {
    if (facts.via === 'socket') return { kind: 'owner' }
    const authorization = request.headers.get('authorization')
    if (access.scopes === 'open') return this.#anonymous(authorization, access)
    if (authorization === null) {
      // Only GET: HEAD would use it up without need.
      const mayHold = access.ticket === true && request.method === 'GET'
      if (mayHold && facts.via === 'tunnel' && facts.resume !== undefined) {
        return this.#resume(facts.resume, request.url)
      }
      const ticket = mayHold ? ticketOf(request.url) : undefined
      if (ticket !== undefined) return this.#redeem(ticket, request.url, facts)
      if (facts.via === 'loopback' && !this.required) return { kind: 'unchecked' }
    }
    return this.#parts.bearers.check(authorization)
  }

  /** An open route needs no bearer, but if one is sent, it must be valid. */
  #anonymous(authorization: string | null, access: RouteAccess): MaybePromise<Principal> {
    const readByItself = access.local === true || access.invite === true
    if (authorization === null || readByItself) return { kind: 'anonymous' }
    return this.#parts.bearers.check(authorization)
  }

  #redeem(ticket: string, url: string, facts: RequestFacts): Principal {
    const holder = this.#parts.tickets.redeem(ticket, pathOf(url.slice(url.indexOf('/', 8))))
    if (holder?.kind === 'account') {
      const now = this.#parts.bearers.principalOf(holder.tokenId)
      if (now !== undefined) return now
    } else if (holder?.kind === 'owner') return holder
    // A ticket that was issued without a bearer opens only what needs none.
    else if (holder?.kind === 'unchecked' && facts.via === 'loopback' && !this.required)
      return holder
    throw invalidTicket()
  }

  /** Who resumes a stream. The code was signed here, so the answer may say why its holder is no longer valid. */
  async #resume(code: string, url: string): Promise<Principal> {
    const holder = await this.#parts.resumption.holderOf(code, url)
    if (holder === undefined) throw invalidResumption()
    this.still(holder)
    return holder
  }

  readonly #admit = (
    principal: Principal,
    request: Request,
    { scopes }: RouteAccess,
  ): Principal => {
    if (typeof scopes !== 'string') requireScope(principal, scopes)
    const claimed = request.headers.get(ACTOR_HEADER)
    if (claimed !== null) this.#checkClaim(principal, claimed)
    return principal
  }

  #checkClaim(principal: Principal, claimed: string): void {
    if (!DID.test(claimed) || claimed.includes(',')) {
      throw new ProblemError('INVALID_HEADERS', 'X-Syncropel-Actor does not hold one DID', {
        try: 'Send it once, as did:method:id, or leave it out.',
      })
    }
    const verdict = decideClaim(principal, claimed, 'header', claimRules(this.#parts.settings))
    if (verdict === 'denied') throw claimDenied(claimed)
  }
}

export function claimRules({ values }: Settings) {
  return {
    strictActorHeader: values.strict_actor_header,
    strictImpersonation: values.strict_impersonation_enforcement,
  }
}

function claimDenied(actor: string): ProblemError {
  return new ProblemError('DID_CLAIM_DENIED', `This bearer token may not act as ${actor}`, {
    try: 'Use a token whose account lists that actor (spl service-account create --actors), or act as the account itself.',
  })
}

export function requireScope(principal: Principal, scopes: readonly [Scope, ...Scope[]]): void {
  if (scopes.some((scope) => mayUse(principal, scope))) return
  const [required] = scopes
  if (principal.kind === 'unchecked') {
    throw new ProblemError(
      'AUTH_REQUIRED',
      'This route needs a bearer token even without authentication',
      {
        try: 'Call it over the Unix socket, or with a bearer token.',
      },
    )
  }
  throw new ProblemError('SCOPE_FORBIDDEN', `The bearer token lacks the scope ${required}`, {
    requiredScope: required,
    try: `Use a token of a service account that has ${scopes.join(' or ')}.`,
  })
}

/** The one `ticket` in a query. Throws `AUTH_INVALID` for two: different readers would take different ones. */
function ticketOf(url: string): string | undefined {
  const [ticket, ...more] = ticketsOf(url)
  if (more.length > 0) throw invalidTicket()
  return ticket
}

function ticketsOf(url: string): readonly string[] {
  const question = url.indexOf('?')
  return question === -1 ? [] : new URLSearchParams(url.slice(question)).getAll('ticket')
}

function invalidTicket(): ProblemError {
  const { code, detail } = invalid()
  return new ProblemError(code, 'The stream ticket is unknown, used, too old or for another path', {
    ...detail,
    try: 'Ask for another one: POST /v1/stream-tickets.',
  })
}

function invalidResumption(): ProblemError {
  const { code, detail } = invalid()
  return new ProblemError(code, 'The leave to go on with this event stream has ended', {
    ...detail,
    try: 'Ask for another ticket: POST /v1/stream-tickets. The last event id, as since, loses nothing.',
  })
}

function localOnly(): ProblemError {
  return new ProblemError('LOCAL_ONLY', 'This route answers on the daemon’s own machine only', {
    try: 'Call it there, over the Unix socket or on loopback.',
  })
}
