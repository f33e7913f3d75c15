/** How the command line reads the value of each setting. What a value may be is the daemon's to decide. */
export const SETTING_KINDS = {
  auth_required: 'bool',
  strict_actor_header: 'bool',
  strict_impersonation_enforcement: 'bool',
  auth_cors_origins: 'list',
  trusted_proxies: 'list',
  allowed_hosts: 'list',
  token_requests_per_second: 'int',
  token_burst: 'int',
  store_ceiling_bytes: 'bytes',
  search_enabled: 'bool',
  backup_every: 'period',
  backup_keep: 'int',
  backup_to: 'place',
  backup_recipients: 'list',
} as const satisfies Readonly<
  Record<string, 'bool' | 'bytes' | 'int' | 'list' | 'period' | 'place'>
>

export type SettingKey = keyof typeof SETTING_KINDS
