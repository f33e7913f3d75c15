import { fields } from '../table.ts'
import { utcTime } from '../utc-time.ts'
import type { Edge, Token } from './answers.ts'
import { edgeText } from './edge-text.ts'

/** A token for people: never its secret. */
export function tokenFields(token: Token, edge: Edge): string {
  return fields([
    ['Token', token.token_id],
    ['Account', token.service_account_id],
    ['Env', token.env],
    ['Scopes', token.scopes.join(', ')],
    ['Created', `${utcTime(token.created_at)} UTC`],
    ['Expires', token.expires_at === null ? 'never' : `${utcTime(token.expires_at)} UTC`],
    ['Revoked', token.revoked_at === null ? undefined : `${utcTime(token.revoked_at)} UTC`],
    ['Edge', edgeText(edge)],
  ])
}
