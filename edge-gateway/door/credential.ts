import type { RouteAccess } from '../../protocol/http/route-access.ts'
import type { MaybePromise } from '../../protocol/maybe-promise.ts'
import type { HostOwner } from './host-owner.ts'
import { checkBearer } from './bearer.ts'
import { checkInvite, checkTicket } from './one-time-code.ts'
import type { Refusal } from './refusal.ts'
import { CREDENTIAL_REFUSALS } from './refusals.ts'

/** Who asks, as far as can be known without state. */
export interface Credential {
  /** `token_id` of the bearer; undefined for a code for one use, and where nothing is needed. */
  readonly tokenId: string | undefined
  /** It counts in the rate of strangers: nothing was shown, and nothing is needed; or a code, which may have been used. */
  readonly stranger: boolean
  /** Something was shown that the owner has signed, whether it still counts or not. */
  readonly signed: boolean
}

const STRANGER: Credential = { tokenId: undefined, stranger: true, signed: false }

/**
 * Checks what a request shows for itself against what its route takes: a bearer, an invite and nothing
 * else, or a ticket in the query where there is no bearer. At once for a bearer that was seen before.
 * @param access undefined where no route is: then a bearer is needed, and home says 404
 */
export function checkCredential(
  access: RouteAccess | undefined,
  target: string,
  authorization: string | undefined,
  owner: HostOwner,
): MaybePromise<Credential | Refusal> {
  if (access?.invite === true) return checkInvite(authorization, owner.key)
  if (authorization !== undefined) return checkBearer(authorization, owner)
  if (access?.scopes === 'open') return STRANGER
  return access?.ticket === true ? checkTicket(target, owner.key) : CREDENTIAL_REFUSALS.missing
}
