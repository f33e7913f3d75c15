import { COMPATIBILITY_DATE } from '../../../gateway/compatibility-date.ts'
import type { ProjectSettings } from './project-settings.ts'

/**
 * The `wrangler.toml` of a gateway project: the one of the repository, for a Worker that is bundled already and an owner that is
 * known. Every value is checked before it comes here, so none needs an escape.
 *
 * The tags of migrations only ever grow: Cloudflare remembers the last one that it applied, and runs those after it.
 */
export function wranglerConfig(settings: ProjectSettings): string {
  const { name, owner, several, domain, workersDev } = settings
  const one = domain === null ? '' : `routes = [${customDomain(domain)}]\n`
  const routes = several ? severalRoutes(settings) : one
  return `# The gateway of your daemon${several ? 's' : ''}, written by \`spl gateway init\`. \`spl gateway deploy\` brings it to Cloudflare.
name = "${name}"
main = "worker.js"
compatibility_date = "${COMPATIBILITY_DATE}"
workers_dev = ${workersDev}
# Each version would get a hostname of its own.
preview_urls = false
${routes}
[vars]
${
  several
    ? '# The did:key of the admin, who assigns hostnames to the owners. It is not a secret.\nADMIN_DID'
    : '# The did:key of the one daemon that may connect. It is not a secret.\nOWNER_DID'
} = "${owner}"
# Cloudflare sends this Worker no request for a host that is not routed to it, so none is foreign here.
PUBLIC_HOSTNAMES = "*"
# Cloudflare sets this header itself and overwrites what a client sends.
CLIENT_ADDRESS_HEADER = "CF-Connecting-IP"

# Rates per client address. The namespace ids are counters of your account: choose others if another Worker of
# yours uses these.
[[ratelimits]]
name = "ADDRESS_LIMIT"
namespace_id = "7701"
simple = { limit = 6000, period = 60 }

[[ratelimits]]
name = "STRANGER_LIMIT"
namespace_id = "7702"
simple = { limit = 120, period = 60 }

[[durable_objects.bindings]]
name = "TUNNEL"
class_name = "TunnelObject"

[[durable_objects.bindings]]
# ${several ? 'Who has which hostname.' : 'Not used with one owner.'}
name = "REGISTRY"
class_name = "RegistryObject"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["TunnelObject"]

[[migrations]]
tag = "v2"
new_sqlite_classes = ["RegistryObject"]

[observability]
enabled = true
`
}

function customDomain(hostname: string): string {
  return `{ pattern = "${hostname}", custom_domain = true }`
}

/** A custom domain has its DNS record and its certificate from Cloudflare, and cannot be a wildcard; a route has neither, and can. */
function severalRoutes({ domain, hostnames, zone }: ProjectSettings): string {
  const entries = [...(domain === null ? [] : [domain]), ...hostnames].map((hostname) =>
    hostname.startsWith('*.')
      ? `{ pattern = "${hostname}/*", zone_name = "${zone}" }`
      : customDomain(hostname),
  )
  return `routes = [\n${entries.map((entry) => `  ${entry},\n`).join('')}]\n`
}
