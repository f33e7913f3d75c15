import type { RecipeInput } from './recipe-input.ts'
import type { RecipeSetting } from './recipe.ts'

/**
 * What the daemon must have set behind a proxy. Behind a gateway it needs nothing: requests come through the
 * tunnel, and the gateway tells the host and the client.
 */
export function settingsOf({ upstream, hostname, proxyAddresses }: RecipeInput): RecipeSetting[] {
  if (upstream === 'gateway') return []
  return [
    { key: 'allowed_hosts', value: [hostname] },
    ...(proxyAddresses.length === 0
      ? []
      : [{ key: 'trusted_proxies' as const, value: proxyAddresses }]),
    { key: 'auth_required', value: true },
    { key: 'strict_actor_header', value: true },
    { key: 'strict_impersonation_enforcement', value: true },
  ]
}

/** What is still to be set, each value whole: a list keeps what is in it already. Empty: the daemon has all. */
export function missingSettings(
  wanted: readonly RecipeSetting[],
  current: Readonly<Record<string, unknown>>,
): RecipeSetting[] {
  return wanted.flatMap((setting): RecipeSetting[] => {
    const now = current[setting.key]
    if (typeof setting.value === 'boolean') return now === setting.value ? [] : [setting]
    const listed = Array.isArray(now) ? now.filter((entry) => typeof entry === 'string') : []
    const value = [...new Set([...listed, ...setting.value])]
    return value.length === listed.length
      ? []
      : [{ key: setting.key as 'allowed_hosts' | 'trusted_proxies', value }]
  })
}

/** The commands that set them. */
export function settingCommands(settings: readonly RecipeSetting[]): string[] {
  return settings.map(({ key, value }) => {
    const text = typeof value === 'boolean' ? String(value) : value.join(',')
    return `spl config set ${key} ${text}`
  })
}

/** Said where nobody but the person can know by which address the daemon sees the proxy. */
export function proxyAddressNotes({ upstream, proxyAddresses }: RecipeInput): string[] {
  if (upstream === 'gateway' || proxyAddresses.length > 0) return []
  return [
    'The proxy is on another machine: set trusted_proxies to the address by which the daemon sees it, or it takes the proxy for the client of every request.',
    'Bearers are sent unencrypted between the two machines: use a tailnet or another private network.',
  ]
}

/** What has to be started with which option, for the gateway as upstream. */
export function gatewayNotes({ upstream, hostname }: RecipeInput, header: string): string[] {
  if (upstream === 'daemon') return []
  return [
    `Start the gateway with: spl gateway serve --hostname ${hostname} --client-address-header ${header}`,
    'The Host header must stay as the client sent it: the proof of the daemon is bound to the public hostname.',
    'The gateway accepts request bodies up to the size of one record; send larger uploads to the daemon’s own port.',
  ]
}
