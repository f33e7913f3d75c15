import { readBearer } from '../../protocol/identity/bearer.ts'
import { pathOf } from '../../protocol/http/route-access.ts'
import {
  INVITE_PATH,
  parseCode,
  verifyCode,
  type CodeKind,
} from '../../protocol/identity/signed-code.ts'
import type { Credential } from './credential.ts'
import type { Refusal } from './refusal.ts'
import { CREDENTIAL_REFUSALS } from './refusals.ts'

/**
 * Whoever has a good code was let in by the owner. That it was used before only home knows, which burns it: so
 * its bearer counts as a stranger all the same.
 */
const ADMITTED: Credential = { tokenId: undefined, stranger: true, signed: true }

/**
 * Whether a code has expired is home's to say, by the clock that it was made by: by another clock a fresh one of a home
 * that is slow would be refused here, each time.
 */
const WHENEVER = 0

export async function checkInvite(
  authorization: string | undefined,
  ownerKey: Uint8Array,
): Promise<Credential | Refusal> {
  if (authorization === undefined) return CREDENTIAL_REFUSALS.missing
  const shown = readBearer(authorization)
  if (shown === 'doubled') return CREDENTIAL_REFUSALS.doubled
  if (shown === undefined) return CREDENTIAL_REFUSALS['no-invite']
  const good = await isGood(shown.bearer, 'invite', INVITE_PATH, ownerKey)
  return good ? ADMITTED : CREDENTIAL_REFUSALS['no-invite']
}

/** The one ticket of the query. A second one would let this check and home's each see another. */
export async function checkTicket(
  target: string,
  ownerKey: Uint8Array,
): Promise<Credential | Refusal> {
  const path = pathOf(target)
  const tickets = new URLSearchParams(target.slice(path.length + 1)).getAll('ticket')
  const [ticket] = tickets
  if (ticket === undefined) return CREDENTIAL_REFUSALS.missing
  if (tickets.length > 1) return CREDENTIAL_REFUSALS['bad-ticket']
  return (await isGood(ticket, 'ticket', path, ownerKey))
    ? ADMITTED
    : CREDENTIAL_REFUSALS['bad-ticket']
}

async function isGood(
  text: string,
  kind: CodeKind,
  path: string,
  ownerKey: Uint8Array,
): Promise<boolean> {
  const code = parseCode(text)
  if (code?.kind !== kind) return false
  return verifyCode(code, path, ownerKey, WHENEVER)
}
