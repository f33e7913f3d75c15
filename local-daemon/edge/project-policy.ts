import { type EdgePolicy, type EdgeToken, scopeBits } from '../../protocol/tunnel/edge-policy.ts'
import { EDGE_LIMITS } from './limits.ts'
import { REQUEST_LIMITS } from '../requests/limits.ts'
import type { SettingValues } from '../settings/setting-definitions.ts'
import { isDamage } from '../store/trouble/store-trouble.ts'
import type { StoreReader } from '../store/reader.ts'

/**
 * What the gateway learns from the store: hashes, scopes, origins and limits; no secret and no record.
 * @param now Unix time, seconds
 */
export function projectPolicy(
  store: Pick<StoreReader, 'liveTokens'>,
  settings: SettingValues,
  version: number,
  now: number,
): EdgePolicy {
  const { edgeTokens } = EDGE_LIMITS
  const { bodyBytes } = REQUEST_LIMITS
  const rows = liveTokens()
  const tokens = rows?.map((row): [string, EdgeToken] => {
    const scopes = scopeBits(JSON.parse(row.scopes) as string[])
    return [
      row.token_id,
      row.expires_at === null ? { scopes } : { scopes, expires: row.expires_at },
    ]
  })
  /** Undefined if the table is damaged: then the gateway refuses nobody, and home reports the damage. */
  function liveTokens() {
    try {
      return store.liveTokens(now, edgeTokens + 1)
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  return {
    version,
    time: now,
    origins: settings.auth_cors_origins,
    tokens: tokens === undefined || tokens.length > edgeTokens ? null : Object.fromEntries(tokens),
    limits: {
      token_per_second: settings.token_requests_per_second,
      token_burst: settings.token_burst,
      body_bytes: bodyBytes,
    },
  }
}
