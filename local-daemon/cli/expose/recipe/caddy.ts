import type { RecipeInput } from './recipe-input.ts'
import type { Recipe } from './recipe.ts'
import { gatewayNotes, proxyAddressNotes, settingsOf } from './settings-of.ts'

/**
 * A site block for Caddy 2.5 or newer. Caddy gets the certificate itself, redirects http, keeps the Host header,
 * passes upgrades, forgets what a client sent as X-Forwarded-For and writes the client's own address there.
 *
 * `flush_interval` is left out on purpose: Caddy hands on text/event-stream as it comes anyway, and with -1 it
 * goes on reading a stream whose client has left (caddyserver/caddy#4952).
 */
export function caddyRecipe(input: RecipeInput): Recipe {
  const { hostname, httpsPort, address, upstream } = input
  const site = httpsPort === 443 ? hostname : `${hostname}:${httpsPort}`
  return {
    name: 'caddy',
    upstream,
    files: [
      {
        path: '/etc/caddy/Caddyfile',
        content: `${site} {
	reverse_proxy ${address.host}:${address.port} {
		# Only what Caddy itself says of the client may arrive.
		header_up -Forwarded
		header_up -CF-Connecting-IP
		${upstream === 'gateway' ? 'header_up X-Real-IP {remote_host}' : 'header_up -X-Real-IP'}
		transport http {
			dial_timeout 5s
			# Shorter than the upstream's own patience, so that no request meets a connection that is being closed.
			keepalive 60s
		}
	}
}
`,
      },
    ],
    commands: [
      'caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile',
      'systemctl reload caddy',
    ],
    settings: settingsOf(input),
    notes: [
      'Add the block to your Caddyfile if it has other sites.',
      `Caddy gets the certificate once ${hostname} points to this machine and ports 80 and 443 are open.`,
      'If Caddy itself is behind a proxy, name that proxy in Caddy’s global option servers > trusted_proxies.',
      ...proxyAddressNotes(input),
      ...gatewayNotes(input, 'X-Real-IP'),
    ],
  }
}
