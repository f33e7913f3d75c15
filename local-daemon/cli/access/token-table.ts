import { table } from '../table.ts'
import { utcTime } from '../utc-time.ts'
import type { Token } from './answers.ts'

/** Characters of a token's id that the table shows; `spl token revoke` takes them, and `--json` has all 64. */
const SHORT_ID = 16

export function tokenTable(tokens: readonly Token[]): string {
  return table(
    ['TOKEN', 'ACCOUNT', 'ENV', 'CREATED (UTC)', 'EXPIRES (UTC)', 'REVOKED (UTC)', 'SCOPES'],
    tokens.map((token) => [
      token.token_id.slice(0, SHORT_ID),
      token.service_account_id,
      token.env,
      utcTime(token.created_at),
      utcTime(token.expires_at),
      utcTime(token.revoked_at),
      token.scopes.join(','),
    ]),
  )
}
