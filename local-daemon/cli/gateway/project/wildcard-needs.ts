import { resolveHere, type Resolve } from './check-domain.ts'
import type { ProjectRoute } from './project-routes.ts'

/**
 * What a person must still do in the dashboard for wildcard routes, which have neither DNS record nor certificate of their own: one
 * sentence each. Empty where nothing is missing.
 *
 * @param resolve says whether a name of that level has an address already
 */
export async function wildcardNeeds(
  routes: readonly Pick<ProjectRoute, 'hostname' | 'zone'>[],
  resolve: Resolve = resolveHere,
): Promise<string[]> {
  const needs: string[] = []
  for (const { hostname, zone } of routes) {
    if (!hostname.startsWith('*.')) continue
    const level = hostname.slice(2)
    const found = await resolve(`spl-gateway.${level}`).catch(() => [])
    if (found.length === 0) {
      needs.push(
        `${hostname} needs a proxied DNS record at Cloudflare: type AAAA, name ${hostname}, content 100::`,
      )
    }
    // A certificate stands for one level: the account has one for the zone and for one level below it.
    if (level !== zone) {
      needs.push(
        `${hostname} needs a certificate. Cloudflare makes one by itself for one level below a domain; deeper levels need Advanced Certificate Manager. Without it, give each hostname by name: --hostname alice.${zone ?? 'example.com'}`,
      )
    }
  }
  return needs
}
