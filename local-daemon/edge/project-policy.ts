import { type EdgePolicy, type EdgeToken, scopeBits } from '../../protocol/tunnel/edge-policy.ts'
import { scopesWithin } from '../../protocol/identity/reach.ts'
import { threadTags } from '../../protocol/identity/thread-tag.ts'
import { storedReach } from '../access/accounts.ts'
import { EDGE_LIMITS } from './limits.ts'
import { REQUEST_LIMITS } from '../requests/limits.ts'
import type { SettingValues } from '../settings/setting-definitions.ts'
import { isDamage } from '../store/trouble/store-trouble.ts'
import type { StoreReader } from '../store/reader.ts'

/**
 * What the gateway learns from the store: hashes, scopes, tags, origins and limits; no secret, no record and no name.
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
    const reach = storedReach(row.reach)
    const token = {
      scopes: scopeBits(scopesWithin(reach, JSON.parse(row.scopes) as string[])),
      ...(row.expires_at !== null && { expires: row.expires_at }),
      // Where a thread is, the gateway does not know.
      ...(reach?.namespaces.length === 0 && { threads: threadTags(reach.threads) }),
    }
    return [row.token_id, token]
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
