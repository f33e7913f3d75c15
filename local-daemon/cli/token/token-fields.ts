import { fields } from '../output/table.ts'
import { reachText } from '../output/reach-text.ts'
import { localTime } from '../output/local-time.ts'
import type { Edge, Token } from '../client/answers.ts'
import { gatewayText } from '../output/gateway-text.ts'

/** A token for people: never its secret. */
export function tokenFields(token: Token, edge: Edge): string {
  return fields([
    ['Token id', token.token_id],
    ['Account', token.service_account_id],
    ['Env', token.env],
    ['Scopes', token.scopes.join(', ')],
    ['Reach', reachText(token.reach)],
    ['Created', localTime(token.created_at)],
    ['Last used', token.last_used_at ? localTime(token.last_used_at) : undefined],
    ['Expires', token.expires_at === null ? 'never' : localTime(token.expires_at)],
    ['Revoked', token.revoked_at === null ? undefined : localTime(token.revoked_at)],
    ['Gateway', gatewayText(edge)],
  ])
}
