import { grantText } from './reach-text.ts'
import { shortTime } from './local-time.ts'
import { shortId } from './short-id.ts'
import { table } from './table.ts'
import type { Token } from '../client/answers.ts'

/** @param names of the accounts, by id */
export function tokenTable(tokens: readonly Token[], names: ReadonlyMap<string, string>): string {
  return table(
    ['TOKEN ID', 'NAME', 'ACCOUNT', 'CREATED', 'LAST USED', 'ENDS', 'SCOPES'],
    tokens.map((token) => [
      shortId(token.token_id),
      names.get(token.service_account_id) ?? '-',
      token.service_account_id,
      shortTime(token.created_at),
      shortTime(token.last_used_at ?? null),
      endOf(token),
      grantText(token.scopes, token.reach),
    ]),
  )
}

function endOf({ expires_at, revoked_at }: Token): string {
  if (revoked_at !== null) return `revoked ${shortTime(revoked_at)}`
  return expires_at === null ? 'never' : shortTime(expires_at)
}
