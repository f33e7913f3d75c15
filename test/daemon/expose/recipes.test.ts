import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { CliError } from '../../../local-daemon/cli/cli-error.ts'
import { makeRecipe } from '../../../local-daemon/cli/expose/recipe/make-recipe.ts'
import { recipeText } from '../../../local-daemon/cli/expose/recipe/recipe-text.ts'
import {
  isRecipeName,
  type Recipe,
  RECIPE_NAMES,
  UPSTREAM_KINDS,
} from '../../../local-daemon/cli/expose/recipe/recipe.ts'
import type { RecipeRequest } from '../../../local-daemon/cli/expose/recipe/recipe-input.ts'
import {
  missingSettings,
  settingCommands,
} from '../../../local-daemon/cli/expose/recipe/settings-of.ts'
import { SETTINGS } from '../../../local-daemon/settings/setting-definitions.ts'

const HOSTNAME = 'spl.example.com'
const KINDS = RECIPE_NAMES.flatMap((name) => UPSTREAM_KINDS.map((upstream) => ({ name, upstream })))

/** The content of a recipe's file, by the end of its path. */
function fileOf({ files }: Recipe, ending: string): string {
  return files.find(({ path }) => path.endsWith(ending))?.content ?? ''
}

describe.each(KINDS)('the recipe for $name in front of the $upstream', ({ name, upstream }) => {
  const recipe = makeRecipe(name, { hostname: HOSTNAME, upstream })
  const everything = recipe.files.map(({ content }) => content).join('\n')

  test('names host and upstream, and leaves nothing to be filled in', () => {
    expect(everything).toContain(HOSTNAME)
    expect(everything).toContain(upstream === 'daemon' ? '127.0.0.1:9100' : '127.0.0.1:8443')
    expect(everything).not.toMatch(/undefined|null|<[a-z]|your|TODO|\.\.\./)
    expect(everything.endsWith('\n')).toBe(true)
    expect(recipe.commands.length).toBeGreaterThan(0)
  })

  test('says what the daemon, or the gateway, must be told', () => {
    const keys = recipe.settings.map(({ key }) => key)
    const said = recipeText(recipe).stderr
    if (upstream === 'gateway') {
      expect(keys).toEqual([])
      expect(said).toMatch(
        /spl gateway serve --hostname spl\.example\.com --client-address-header /,
      )
      return
    }
    expect(keys).toEqual([
      'allowed_hosts',
      'trusted_proxies',
      'auth_required',
      'strict_actor_header',
      'strict_impersonation_enforcement',
    ])
    expect(said).toContain('spl config set allowed_hosts spl.example.com\n')
    expect(said).toContain('spl config set trusted_proxies 127.0.0.1\n')
    for (const { key, value } of recipe.settings) expect(SETTINGS[key].parse(value)).toEqual(value)
  })

  test('prints its one file as it is, or each under its path', () => {
    const { stdout } = recipeText(recipe)
    if (recipe.files.length === 1) return expect(stdout).toBe(everything)
    for (const { path, content } of recipe.files)
      expect(stdout).toContain(`# ---- ${path}\n${content}`)
  })

  test('is the same in capital letters', () => {
    expect(makeRecipe(name, { hostname: 'SPL.Example.COM', upstream })).toEqual(recipe)
  })
})

/** What could end a word, a string, a line, a comment or a block in one of the configurations, or in a shell. */
const BREAKING = [
  ' ',
  '\t',
  '\n',
  '\r',
  '\u0000',
  '\u0085',
  '\u2028',
  '"',
  "'",
  '`',
  ';',
  '{',
  '}',
  '(',
  ')',
  '#',
  '$',
  '\\',
  '&',
  '|',
  '<',
  '>',
  '*',
  '!',
  '%',
  ':',
  '[',
  ']',
  '~',
  '^',
  '?',
  'ü',
]

describe('nothing breaks out of a configuration', () => {
  const inputs: readonly [keyof RecipeRequest, (char: string) => Partial<RecipeRequest>][] = [
    ['hostname', (char) => ({ hostname: `spl${char}.example.com` })],
    ['hostname', (char) => ({ hostname: `spl.example.com${char}` })],
    ['hostname', (char) => ({ hostname: `${char}spl.example.com` })],
    ['certificate', (char) => ({ certificate: `/etc/a${char}b.pem`, certificateKey: '/k' })],
    ['certificateKey', (char) => ({ certificate: '/c', certificateKey: `/etc/b.pem${char}` })],
    ['email', (char) => ({ email: `a${char}b@example.com` })],
    ['email', (char) => ({ email: `a@example.com${char}` })],
    ['tunnel', (char) => ({ tunnel: `syncropel${char}` })],
    ['proxyAddress', (char) => ({ proxyAddress: `10.0.0.2${char}` })],
  ]
  test.each(inputs)('%s', (_name, requestOf) => {
    const accepted = BREAKING.filter((char) =>
      RECIPE_NAMES.some(
        (name) => !isRefused(() => makeRecipe(name, { hostname: HOSTNAME, ...requestOf(char) })),
      ),
    )
    expect(accepted).toEqual([])
  })

  test.each([
    'http://127.0.0.1:9100/',
    'http://127.0.0.1',
    'http://LOCALHOST:9100',
    'http://[::1]:9100',
    'http://home.example.com:9100',
  ])('%s becomes an upstream in its one form', (url) => {
    const text = fileOf(makeRecipe('nginx', { hostname: HOSTNAME, url }), '.conf')
    expect(text).toMatch(/\n\t\tproxy_pass http:\/\/[a-z0-9.:[\]]+:\d+;\n/)
  })

  test.each([
    'https://127.0.0.1:9100',
    'http://127.0.0.1:9100/path',
    'http://127.0.0.1:9100?x',
    'http://127.0.0.1:9100#x',
    'http://user:secret@127.0.0.1:9100',
    'http://127.0.0.1:9100;\n}',
    'http://home$x:9100',
    'http://home%0a:9100',
    'unix:/run/spl.sock',
    '127.0.0.1:9100',
    'http://home',
    '',
  ])('%j is no upstream', (url) => {
    expect(codeOf(() => makeRecipe('nginx', { hostname: HOSTNAME, url }))).toBe(
      'RECIPE_UPSTREAM_INVALID',
    )
  })

  test.each([
    '',
    'localhost',
    '.',
    'a..b',
    '-a.example.com',
    'a-.example.com',
    '_acme.example.com',
    '127.0.0.1',
    '::1',
    '*.example.com',
    'https://spl.example.com',
    'spl.example.com/',
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(130)}example.com`,
    'spl.example.com.',
  ])('%j is no hostname', (hostname) => {
    for (const name of RECIPE_NAMES) {
      expect(codeOf(() => makeRecipe(name, { hostname }))).toBe('RECIPE_HOSTNAME_INVALID')
    }
  })

  test.each(['relative.pem', '/', '/a/../b', '/a/./b', '/..', `/${'a'.repeat(2000)}`, ''])(
    '%j is no path of a certificate',
    (certificate) => {
      const request = { hostname: HOSTNAME, certificate, certificateKey: '/etc/key.pem' }
      expect(codeOf(() => makeRecipe('nginx', request))).toBe('RECIPE_PATH_INVALID')
    },
  )

  test.each([0, -1, 65_536, 1.5, Number.NaN])('%d is no port', (httpsPort) => {
    const made = () => makeRecipe('caddy', { hostname: HOSTNAME, httpsPort })
    expect(codeOf(made)).toBe('RECIPE_PORT_INVALID')
  })

  test.each(['10.0.0.2/0', '10.0.0.2/33', '10.0.0.2/8/8', 'fe80::1%eth0', 'proxy', '::/129'])(
    '%j is no address of a proxy',
    (proxyAddress) => {
      const made = () => makeRecipe('caddy', { hostname: HOSTNAME, proxyAddress })
      expect(codeOf(made)).toBe('RECIPE_VALUE_INVALID')
    },
  )

  test('what is refused is shown without control characters, and with a next step', () => {
    const error = errorOf(() => makeRecipe('caddy', { hostname: '\u001B[31mspl\n.example.com' }))
    expect(error?.message).toBe('"?[31mspl?.example.com" is not a public hostname')
    expect(error?.try).toMatch(/such as spl\.example\.com/)
    expect(error?.exitCode).toBe(2)
  })

  test('a certificate without its key is refused', () => {
    const made = () => makeRecipe('nginx', { hostname: HOSTNAME, certificate: '/etc/cert.pem' })
    expect(codeOf(made)).toBe('RECIPE_VALUE_INVALID')
  })
})

function errorOf(run: () => unknown): CliError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
}
function codeOf(run: () => unknown): string | undefined {
  return errorOf(run)?.code
}
function isRefused(run: () => unknown): boolean {
  return codeOf(run)?.startsWith('RECIPE_') === true
}

describe('what is still to be set', () => {
  const { settings } = makeRecipe('caddy', { hostname: HOSTNAME })

  test('all, of a daemon as it was installed', () => {
    const initial = Object.fromEntries(
      Object.entries(SETTINGS).map(([key, definition]) => [key, definition.initial]),
    )
    expect(settingCommands(missingSettings(settings, initial))).toEqual([
      'spl config set allowed_hosts spl.example.com',
      'spl config set trusted_proxies 127.0.0.1',
      'spl config set strict_actor_header true',
      'spl config set strict_impersonation_enforcement true',
    ])
  })

  test('lists keep what is in them', () => {
    const current = {
      allowed_hosts: ['old.example.com'],
      trusted_proxies: ['127.0.0.1', '10.0.0.1'],
    }
    expect(missingSettings(settings, current).slice(0, 2)).toEqual([
      { key: 'allowed_hosts', value: ['old.example.com', HOSTNAME] },
      { key: 'auth_required', value: true },
    ])
  })

  test('nothing, of a daemon that has all', () => {
    const current = Object.fromEntries(settings.map(({ key, value }) => [key, value]))
    expect(missingSettings(settings, current)).toEqual([])
  })

  test('no proxy is trusted that only the person can know', () => {
    const recipe = makeRecipe('nginx', { hostname: HOSTNAME, url: 'http://100.64.0.7:9100' })
    expect(recipe.settings.map(({ key }) => key)).not.toContain('trusted_proxies')
    expect(recipeText(recipe).stderr).toMatch(/on another machine: set trusted_proxies/)
    const told = makeRecipe('nginx', {
      hostname: HOSTNAME,
      url: 'http://100.64.0.7:9100',
      proxyAddress: '100.64.0.9',
    })
    expect(told.settings).toContainEqual({ key: 'trusted_proxies', value: ['100.64.0.9'] })
  })
})

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

  test('nobody’s forwarded headers are trusted', () => {
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

test('only the four have a recipe', () => {
  expect([...RECIPE_NAMES, 'apache', 'constructor'].filter(isRecipeName)).toEqual(RECIPE_NAMES)
})
