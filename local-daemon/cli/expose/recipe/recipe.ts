/** How to put one reverse proxy in front. */
export interface Recipe {
  readonly name: RecipeName
  /** What the proxy forwards to. */
  readonly upstream: UpstreamKind
  /** Complete texts, to be saved unchanged. */
  readonly files: readonly RecipeFile[]
  /** What to run afterwards, in order, as shell lines. */
  readonly commands: readonly string[]
  /** What the daemon must have set, or requests are refused or clients unknown. */
  readonly settings: readonly RecipeSetting[]
  /** What a person has to know, one sentence each. */
  readonly notes: readonly string[]
}

export const RECIPE_NAMES = ['caddy', 'nginx', 'traefik', 'cloudflared'] as const
export type RecipeName = (typeof RECIPE_NAMES)[number]

export const UPSTREAM_KINDS = ['daemon', 'gateway'] as const
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number]

export interface RecipeFile {
  readonly path: string
  readonly content: string
}

export type RecipeSetting =
  | { readonly key: 'allowed_hosts' | 'trusted_proxies'; readonly value: readonly string[] }
  | {
      readonly key: 'auth_required' | 'strict_actor_header' | 'strict_impersonation_enforcement'
      readonly value: boolean
    }

export function isRecipeName(text: string): text is RecipeName {
  return (RECIPE_NAMES as readonly string[]).includes(text)
}
