import type { RecipeInput } from './recipe-input.ts'
import type { Recipe } from './recipe.ts'
import { gatewayNotes, proxyAddressNotes, settingsOf } from './settings-of.ts'

/**
 * A server block for nginx 1.9.5 or newer, for a directory that is included into `http`.
 *
 * X-Forwarded-For is set, not appended to (`$proxy_add_x_forwarded_for`): the daemon would read an appended one
 * rightly, but only as long as no client has an address that `trusted_proxies` covers, and nothing left of the
 * peer's address is of any use.
 */
export function nginxRecipe(input: RecipeInput): Recipe {
  const { hostname, upstream } = input
  return {
    name: 'nginx',
    upstream,
    files: [{ path: `/etc/nginx/conf.d/${hostname}.conf`, content: serverBlocks(input) }],
    commands: ['nginx -t', 'systemctl reload nginx'],
    settings: settingsOf(input),
    notes: [
      'Get the certificate first, for example: certbot certonly --standalone -d ' + hostname,
      'The access log has the query of every request, and so the ticket of a browser’s event stream; a ticket is valid for one request within 30 seconds.',
      'nginx from 1.25.1 on warns that "listen … http2" is deprecated; it works there too.',
      'If nginx is itself behind a proxy, let its realip module set $remote_addr.',
      ...proxyAddressNotes(input),
      ...gatewayNotes(input, 'X-Real-IP'),
    ],
  }
}

function serverBlocks(input: RecipeInput): string {
  const { hostname, httpsPort, httpPort, certificate, certificateKey, url, upstream } = input
  const port = httpsPort === 443 ? '' : `:${httpsPort}`
  return `# A WebSocket asks for an upgrade; every other request closes its connection to the upstream.
map $http_upgrade $spl_connection {
	default upgrade;
	''      close;
}

server {
	listen ${httpPort};
	listen [::]:${httpPort};
	server_name ${hostname};
	return 308 https://${hostname}${port}$request_uri;
}

server {
	listen ${httpsPort} ssl http2;
	listen [::]:${httpsPort} ssl http2;
	server_name ${hostname};
	ssl_certificate     ${certificate};
	ssl_certificate_key ${certificateKey};
	ssl_protocols       TLSv1.2 TLSv1.3;

	# Cursors and tickets in a query, and bearers, may be long.
	large_client_header_buffers 4 32k;
	# A record is at most about 1 MiB; the rest is for the upload that proves this proxy.
	client_max_body_size 100m;

	location / {
		# Without a path after the port: the request's path then goes on byte for byte.
		proxy_pass ${url};
		proxy_http_version 1.1;
		proxy_set_header Upgrade    $http_upgrade;
		proxy_set_header Connection $spl_connection;

		proxy_set_header Host              $http_host;
		# Set, not appended to: what a client claims here ends here.
		proxy_set_header X-Forwarded-For   $remote_addr;
		proxy_set_header X-Forwarded-Proto $scheme;
		proxy_set_header X-Forwarded-Host  "";
		proxy_set_header Forwarded         "";
		proxy_set_header CF-Connecting-IP  "";
		proxy_set_header X-Real-IP         ${upstream === 'gateway' ? '$remote_addr' : '""'};

		# Events leave as they come, and bodies are not gathered on the disk first.
		proxy_buffering         off;
		proxy_request_buffering off;
		proxy_cache             off;
		gzip                    off;

		# Event streams and WebSockets are silent for long; a heartbeat comes every 15 seconds.
		proxy_connect_timeout 5s;
		proxy_read_timeout    3600s;
		proxy_send_timeout    3600s;
	}
}
`
}
