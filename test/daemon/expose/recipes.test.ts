import { describe, expect, test } from 'vitest'
import { CliError } from '../../../local-daemon/cli/cli-error.ts'
import { makeRecipe } from '../../../local-daemon/cli/expose/recipe/make-recipe.ts'
import { recipeText } from '../../../local-daemon/cli/expose/recipe/recipe-text.ts'
import {
  isRecipeName,
  RECIPE_NAMES,
  UPSTREAM_KINDS,
} from '../../../local-daemon/cli/expose/recipe/recipe.ts'
import type { RecipeRequest } from '../../../local-daemon/cli/expose/recipe/recipe-input.ts'
import {
  missingSettings,
  settingCommands,
} from '../../../local-daemon/cli/expose/recipe/settings-of.ts'
import { SETTINGS } from '../../../local-daemon/settings/setting-definitions.ts'
import { fileOf } from './file-of.ts'

const HOSTNAME = 'spl.example.com'

const KINDS = RECIPE_NAMES.flatMap((name) => UPSTREAM_KINDS.map((upstream) => ({ name, upstream })))

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

test('only the four have a recipe', () => {
  expect([...RECIPE_NAMES, 'apache', 'constructor'].filter(isRecipeName)).toEqual(RECIPE_NAMES)
})
