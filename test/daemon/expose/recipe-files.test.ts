import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { makeRecipe } from '../../../local-daemon/cli/expose/recipe/make-recipe.ts'
import { fileOf } from './file-of.ts'

const HOSTNAME = 'spl.example.com'

/*
 * Traefik and cloudflared cannot be run here: their files are parsed, and every name in them is held to the list of
 * options that their documentation has.
 */
describe('Traefik', () => {
  const recipe = makeRecipe('traefik', { hostname: HOSTNAME })

  test('its own options', () => {
    expect(parse(fileOf(recipe, 'traefik.yml'))).toEqual({
      entryPoints: {
        web: {
          address: ':80',
          http: { redirections: { entryPoint: { to: 'websecure', scheme: 'https' } } },
        },
        websecure: {
          address: ':443',
          transport: { respondingTimeouts: { readTimeout: '600s' } },
        },
      },
      certificatesResolvers: {
        letsencrypt: {
          acme: {
            email: 'admin@spl.example.com',
            storage: '/etc/traefik/acme.json',
            httpChallenge: { entryPoint: 'web' },
          },
        },
      },
      providers: { file: { directory: '/etc/traefik/dynamic', watch: true } },
    })
  })

  test('its route', () => {
    expect(parse(fileOf(recipe, 'spl.yml'))).toEqual({
      http: {
        routers: {
          spl: {
            rule: 'Host(`spl.example.com`)',
            entryPoints: ['websecure'],
            service: 'spl',
            middlewares: ['spl-claims'],
            tls: { certResolver: 'letsencrypt' },
          },
        },
        middlewares: {
          'spl-claims': {
            headers: { customRequestHeaders: { Forwarded: '', 'CF-Connecting-IP': '' } },
          },
        },
        services: {
          spl: {
            loadBalancer: {
              passHostHeader: true,
              serversTransport: 'spl',
              servers: [{ url: 'http://127.0.0.1:9100' }],
            },
          },
        },
        serversTransports: {
          spl: { forwardingTimeouts: { dialTimeout: '5s', idleConnTimeout: '60s' } },
        },
      },
    })
  })

  test('its labels say what its files say', () => {
    const { services } = parse(fileOf(recipe, 'compose.yml')) as {
      services: {
        traefik: { network_mode: string; command: string[]; labels: Record<string, string> }
      }
    }
    const { network_mode, command, labels } = services.traefik
    expect(network_mode).toBe('host')
    expect(command).toContain('--providers.docker.exposedByDefault=false')
    expect(command).toContain(
      '--entryPoints.websecure.transport.respondingTimeouts.readTimeout=600s',
    )
    expect(labels).toMatchObject({
      'traefik.enable': 'true',
      'traefik.http.routers.spl.rule': 'Host(`spl.example.com`)',
      'traefik.http.routers.spl.middlewares': 'spl-claims',
      'traefik.http.services.spl.loadbalancer.server.url': 'http://127.0.0.1:9100',
    })
  })

  test('no forwarded headers are trusted', () => {
    expect(recipe.files.map(({ content }) => content).join('')).not.toMatch(
      /forwardedHeaders|insecure/i,
    )
  })

  test('with a certificate of one’s own it gets none', () => {
    const own = makeRecipe('traefik', {
      hostname: HOSTNAME,
      certificate: '/etc/ssl/spl.pem',
      certificateKey: '/etc/ssl/spl.key',
    })
    expect(own.files.map(({ content }) => content).join('')).not.toMatch(/acme|certResolver/i)
    expect(parse(fileOf(own, 'spl.yml'))).toMatchObject({
      http: { routers: { spl: { tls: {} } } },
      tls: { certificates: [{ certFile: '/etc/ssl/spl.pem', keyFile: '/etc/ssl/spl.key' }] },
    })
  })
})

test('cloudflared leads one name to the daemon, and no other', () => {
  const recipe = makeRecipe('cloudflared', { hostname: HOSTNAME, tunnel: 'home' })
  expect(parse(fileOf(recipe, 'config.yml'))).toEqual({
    tunnel: 'home',
    ingress: [
      {
        hostname: HOSTNAME,
        service: 'http://127.0.0.1:9100',
        originRequest: { connectTimeout: '5s', keepAliveTimeout: '60s' },
      },
      { service: 'http_status:404' },
    ],
  })
  expect(recipe.commands).toEqual([
    'cloudflared tunnel login',
    'cloudflared tunnel create home',
    'cloudflared tunnel route dns home spl.example.com',
    'cloudflared tunnel ingress validate',
    'cloudflared tunnel run home',
  ])
})

test('a tunnel called like a number stays a text', () => {
  const recipe = makeRecipe('cloudflared', { hostname: HOSTNAME, tunnel: '1e3' })
  expect(parse(fileOf(recipe, 'config.yml'))).toMatchObject({ tunnel: '1e3' })
})
