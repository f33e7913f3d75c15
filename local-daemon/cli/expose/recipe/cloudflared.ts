import type { RecipeInput } from './recipe-input.ts'
import type { Recipe } from './recipe.ts'
import { gatewayNotes, proxyAddressNotes, settingsOf } from './settings-of.ts'

/**
 * A locally managed Cloudflare Tunnel. Cloudflare ends TLS, keeps the Host header, appends the client's address to
 * X-Forwarded-For (so that the rightmost is the true one) and overwrites CF-Connecting-IP.
 */
export function cloudflaredRecipe(input: RecipeInput): Recipe {
  const { hostname, url, upstream, tunnel } = input
  return {
    name: 'cloudflared',
    upstream,
    files: [
      {
        path: '~/.cloudflared/config.yml',
        content: `# By name: cloudflared finds the tunnel's credentials beside this file.
tunnel: "${tunnel}"

ingress:
  - hostname: "${hostname}"
    service: "${url}"
    originRequest:
      connectTimeout: 5s
      # Shorter than the upstream's own patience, so that no request meets a connection that is being closed.
      keepAliveTimeout: 60s
  # Any other name that leads here.
  - service: http_status:404
`,
      },
    ],
    commands: [
      'cloudflared tunnel login',
      `cloudflared tunnel create ${tunnel}`,
      `cloudflared tunnel route dns ${tunnel} ${hostname}`,
      'cloudflared tunnel ingress validate',
      `cloudflared tunnel run ${tunnel}`,
    ],
    settings: settingsOf(input),
    notes: [
      'Not a quick tunnel (cloudflared tunnel --url): those hold back event streams.',
      'Cloudflare refuses request bodies above 100 MB on its free and Pro plans, and cuts a response that is silent for 100 seconds; event streams send a heartbeat every 15.',
      'Cloudflare can read everything that passes, including bearer tokens.',
      'In the zone’s settings, turn on "Always Use HTTPS".',
      ...proxyAddressNotes(input),
      ...gatewayNotes(input, 'CF-Connecting-IP'),
    ],
  }
}
