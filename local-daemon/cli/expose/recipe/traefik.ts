import type { RecipeInput } from './recipe-input.ts'
import type { Recipe } from './recipe.ts'
import { gatewayNotes, proxyAddressNotes, settingsOf } from './settings-of.ts'

/**
 * Traefik 3, three files: its own options, the route for its file provider, and a compose file that says the same
 * in labels. Traefik forgets what clients send as X-Forwarded-* and X-Real-Ip unless `forwardedHeaders` trusts
 * them, writes both itself, keeps the Host header, passes upgrades, and hands on event streams as they come.
 */
export function traefikRecipe(input: RecipeInput): Recipe {
  const { hostname, upstream } = input
  return {
    name: 'traefik',
    upstream,
    files: [
      { path: '/etc/traefik/traefik.yml', content: staticFile(input) },
      { path: '/etc/traefik/dynamic/spl.yml', content: dynamicFile(input) },
      ...(input.ownCertificate
        ? []
        : [{ path: '/etc/traefik/compose.yml', content: composeFile(input) }]),
    ],
    commands: ['systemctl restart traefik'],
    settings: settingsOf(input),
    notes: [
      ...(input.ownCertificate
        ? []
        : [
            'traefik.yml and dynamic/spl.yml are for a Traefik that runs on this machine; compose.yml is the same as labels, for a Traefik in Docker (docker compose up -d), and needs neither of them.',
            `Traefik gets the certificate once ${hostname} points to this machine.`,
          ]),
      'Leave forwardedHeaders without trustedIPs and insecure, or clients can choose their own address.',
      'Traefik merges slashes in a path, and its versions 3.6.4 to 3.6.6 refuse %2F; the paths of the daemon have neither.',
      ...proxyAddressNotes(input),
      ...gatewayNotes(input, 'X-Real-IP'),
    ],
  }
}

function staticFile({ httpPort, httpsPort, email, ownCertificate }: RecipeInput): string {
  const resolver = ownCertificate
    ? ''
    : `
certificatesResolvers:
  letsencrypt:
    acme:
      email: "${email}"
      storage: /etc/traefik/acme.json
      httpChallenge:
        entryPoint: web
`
  return `entryPoints:
  web:
    address: ":${httpPort}"
    http:
      redirections:
        entryPoint:
          to: websecure
          scheme: https
  websecure:
    address: ":${httpsPort}"
    transport:
      respondingTimeouts:
        # A whole request, body and all: the usual 60s would cut a large upload.
        readTimeout: 600s
${resolver}
providers:
  file:
    directory: /etc/traefik/dynamic
    watch: true
`
}

function dynamicFile(input: RecipeInput): string {
  const { hostname, url, ownCertificate, certificate, certificateKey } = input
  const tls = ownCertificate ? ' {}' : '\n        certResolver: letsencrypt'
  const certificates = ownCertificate
    ? `
tls:
  certificates:
    - certFile: "${certificate}"
      keyFile: "${certificateKey}"
`
    : ''
  return `http:
  routers:
    spl:
      rule: "Host(\`${hostname}\`)"
      entryPoints:
        - websecure
      service: spl
      middlewares:
        - spl-claims
      tls:${tls}
  middlewares:
    # What is left of a client's claims about its address; an empty value removes a header.
    spl-claims:
      headers:
        customRequestHeaders:
          Forwarded: ""
          CF-Connecting-IP: ""
  services:
    spl:
      loadBalancer:
        passHostHeader: true
        serversTransport: spl
        servers:
          - url: "${url}"
  serversTransports:
    spl:
      forwardingTimeouts:
        dialTimeout: 5s
        # Shorter than the upstream's own patience, so that no request meets a connection that is being closed.
        idleConnTimeout: 60s
${certificates}`
}

function composeFile({ hostname, url, email, httpPort, httpsPort }: RecipeInput): string {
  return `services:
  traefik:
    image: traefik:v3
    restart: unless-stopped
    # The upstream listens on this machine's loopback.
    network_mode: host
    command:
      - "--providers.docker=true"
      - "--providers.docker.exposedByDefault=false"
      - "--entryPoints.web.address=:${httpPort}"
      - "--entryPoints.web.http.redirections.entryPoint.to=websecure"
      - "--entryPoints.web.http.redirections.entryPoint.scheme=https"
      - "--entryPoints.websecure.address=:${httpsPort}"
      - "--entryPoints.websecure.transport.respondingTimeouts.readTimeout=600s"
      - "--serversTransport.forwardingTimeouts.idleConnTimeout=60s"
      - "--certificatesResolvers.letsencrypt.acme.email=${email}"
      - "--certificatesResolvers.letsencrypt.acme.storage=/acme/acme.json"
      - "--certificatesResolvers.letsencrypt.acme.httpChallenge.entryPoint=web"
    volumes:
      - "/var/run/docker.sock:/var/run/docker.sock:ro"
      - "acme:/acme"
    labels:
      traefik.enable: "true"
      traefik.http.routers.spl.rule: "Host(\`${hostname}\`)"
      traefik.http.routers.spl.entrypoints: "websecure"
      traefik.http.routers.spl.tls.certresolver: "letsencrypt"
      traefik.http.routers.spl.service: "spl"
      traefik.http.routers.spl.middlewares: "spl-claims"
      traefik.http.middlewares.spl-claims.headers.customrequestheaders.Forwarded: ""
      traefik.http.middlewares.spl-claims.headers.customrequestheaders.CF-Connecting-IP: ""
      traefik.http.services.spl.loadbalancer.passhostheader: "true"
      traefik.http.services.spl.loadbalancer.server.url: "${url}"
volumes:
  acme: {}
`
}
