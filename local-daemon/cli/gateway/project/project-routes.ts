/** A hostname that `wrangler.toml` gives to the Worker. */
export interface ProjectRoute {
  /** A name, or `*.spl.example.com` for all of a level. */
  readonly hostname: string
  /** Whether Cloudflare makes its DNS record and its certificate. */
  readonly custom: boolean
  /** The domain in the account, where it is named. */
  readonly zone: string | null
}

/** The routes of a `wrangler.toml`, as `routes = [{ … }, … ]`. What is written in another way is not there: wrangler reads it all the same. */
export function readProjectRoutes(toml: string): readonly ProjectRoute[] {
  const list = /^routes\s*=\s*\[([^\]]*)\]/mu.exec(toml)?.[1]?.replaceAll(/^\s*#.*$/gmu, '') ?? ''
  return [...list.matchAll(/\{([^}]*)\}/gu)].flatMap(([, entry = '']) => {
    const hostname = /\bpattern\s*=\s*"([^"/]+)/u.exec(entry)?.[1]
    const zone = /\bzone_name\s*=\s*"([^"]+)"/u.exec(entry)?.[1] ?? null
    const custom = /\bcustom_domain\s*=\s*true\b/u.test(entry)
    return hostname === undefined ? [] : [{ hostname, custom, zone }]
  })
}
