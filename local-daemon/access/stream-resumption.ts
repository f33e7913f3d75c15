import { LIMITS } from '../../protocol/limits.ts'
import { makeCode, parseCode, verifyCode } from '../../protocol/identity/signed-code.ts'
import { withoutTicket } from '../../protocol/http/without-ticket.ts'
import type { RequestFacts } from './request-facts.ts'
import { nowSeconds } from './accounts.ts'
import type { BearerCheck } from './bearer.ts'
import type { Identity } from './identity/identity.ts'
import type { Principal } from './principal.ts'

const NAME_BYTES = 16
/** Stands for the owner, whose tickets come from the Unix socket. No token's id begins like this. */
const OWNER = Buffer.alloc(NAME_BYTES)

/**
 * Resume codes for event streams that a ticket opened through the tunnel. The ticket is used up, and the
 * gateway has no other credential after a loss. A signed code, only for the gateway,
 * names the ticket's holder and is bound to the exact request. Home stores nothing, so it survives a restart.
 */
export class StreamResumption {
  readonly #identity: Identity
  readonly #bearers: Pick<BearerCheck, 'holderOf'>

  constructor(identity: Identity, bearers: Pick<BearerCheck, 'holderOf'>) {
    this.#identity = identity
    this.#bearers = bearers
  }

  /** Undefined if none is needed: outside the tunnel, or with a bearer, which can be sent again. */
  issue(request: Request, facts: RequestFacts, principal: Principal): string | undefined {
    if (facts.via !== 'tunnel' || request.headers.has('authorization')) return undefined
    // The owner has no token that could be revoked, so renewing the code would grant access without end.
    if (principal.kind === 'owner' && facts.resume !== undefined) return undefined
    const nonce = nameOf(principal)
    if (nonce === undefined) return undefined
    const { sign } = this.#identity
    const expires = nowSeconds() + LIMITS.resumeSeconds
    return makeCode({ kind: 'resume', path: requestOf(request.url), nonce, expires, sign })
  }

  /**
   * Tells whose stream a code resumes; undefined for one that is forged, expired or for another request. The caller
   * must check again whether its holder is still valid.
   */
  async holderOf(text: string, url: string): Promise<Principal | undefined> {
    const code = parseCode(text)
    if (code?.kind !== 'resume') return undefined
    const { publicKey } = this.#identity
    // Before any lookup, so that a forged code reveals nothing about tokens.
    if (!(await verifyCode(code, requestOf(url), publicKey, nowSeconds()))) return undefined
    if (OWNER.equals(code.nonce)) return { kind: 'owner' }
    return this.#bearers.holderOf(Buffer.from(code.nonce).toString('hex'))
  }
}

/** Half of a hash is enough to find it, and then no code contains a whole token id. */
function nameOf(principal: Principal): Uint8Array | undefined {
  if (principal.kind === 'owner') return OWNER
  if (principal.kind !== 'account') return undefined
  return Buffer.from(principal.tokenId, 'hex').subarray(0, NAME_BYTES)
}

/** Path and query of a URL, as the gateway requests them again. */
function requestOf(url: string): string {
  return withoutTicket(url.slice(url.indexOf('/', 8)))
}
