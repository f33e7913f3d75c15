import { LIMITS } from '../../protocol/limits.ts'
import { makeCode, parseCode, verifyCode } from '../../protocol/identity/signed-code.ts'
import { withoutTicket } from '../../protocol/http/without-ticket.ts'
import type { RequestFacts } from './request-facts.ts'
import { nowSeconds } from './accounts.ts'
import type { BearerCheck } from './bearer.ts'
import type { Identity } from './identity/identity.ts'
import type { Principal } from './principal.ts'

const NAME_BYTES = 16
/** Names the owner, whose tickets come from the Unix socket: no token's id begins like this. */
const OWNER = Buffer.alloc(NAME_BYTES)

/**
 * The leave to go on with an event stream that a ticket has opened through the tunnel: the ticket is burnt, and the
 * gateway has nothing else to show when the link or this process was lost. A signed code for the gateway alone, which
 * names the ticket's holder and is bound to the very request. Nothing is kept of it, so it survives a restart.
 */
export class StreamResumption {
  readonly #identity: Identity
  readonly #bearers: Pick<BearerCheck, 'holderOf'>

  constructor(identity: Identity, bearers: Pick<BearerCheck, 'holderOf'>) {
    this.#identity = identity
    this.#bearers = bearers
  }

  /** Undefined where it is of no use: not through the tunnel, or with a bearer, which can be shown again. */
  issue(request: Request, facts: RequestFacts, principal: Principal): string | undefined {
    if (facts.via !== 'tunnel' || request.headers.has('authorization')) return undefined
    // The owner has no token that could be revoked: a fresh one for each would make a leave that never ends.
    if (principal.kind === 'owner' && facts.resume !== undefined) return undefined
    const nonce = nameOf(principal)
    if (nonce === undefined) return undefined
    const { sign } = this.#identity
    const expires = nowSeconds() + LIMITS.resumeSeconds
    return makeCode({ kind: 'resume', path: requestOf(request.url), nonce, expires, sign })
  }

  /**
   * Tells whose stream a code resumes; undefined for one that is forged, expired or for another request. Whether its
   * holder still counts is to be asked again.
   */
  async holderOf(text: string, url: string): Promise<Principal | undefined> {
    const code = parseCode(text)
    if (code?.kind !== 'resume') return undefined
    const { publicKey } = this.#identity
    // Before anything is looked up: who has signed nothing learns nothing about tokens.
    if (!(await verifyCode(code, requestOf(url), publicKey, nowSeconds()))) return undefined
    if (OWNER.equals(code.nonce)) return { kind: 'owner' }
    return this.#bearers.holderOf(Buffer.from(code.nonce).toString('hex'))
  }
}

/** Half of a hash is enough to find it by, and no code then holds what tokens are known by. */
function nameOf(principal: Principal): Uint8Array | undefined {
  if (principal.kind === 'owner') return OWNER
  if (principal.kind !== 'account') return undefined
  return Buffer.from(principal.tokenId, 'hex').subarray(0, NAME_BYTES)
}

/** Path and query of a URL, as the gateway asks for them again. */
function requestOf(url: string): string {
  return withoutTicket(url.slice(url.indexOf('/', 8)))
}
