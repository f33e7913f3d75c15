import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseSettingValue } from '../../local-daemon/cli/parse/setting.ts'
import { ACCESS_LIMITS } from '../../local-daemon/access/limits.ts'
import { HTTP_LIMITS } from '../../local-daemon/http/limits.ts'
import { type SettingKey, SETTINGS } from '../../local-daemon/settings/setting-definitions.ts'
import { PROBLEM_STATUS } from '../../protocol/http/problem.ts'
import { ROUTE_ACCESS } from '../../protocol/http/route-access.ts'
import { aDaemon } from '../support/daemon/a-daemon.ts'

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

/** The cells of every row of a page's tables that begins with something in backticks. */
function rows(name: string): string[][] {
  return tableRows(page(name))
}

function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly parameters?: Parameter[] }>>
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
}

/** Every route that is served, as `METHOD /path`, with its query parameters. */
async function servedRoutes(): Promise<Map<string, string[]>> {
  await using served = await aDaemon()
  const { paths } = (await (await served.get('/openapi.json')).json()) as OpenApi
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]): [string, string[]] => [
      `${method.toUpperCase()} ${path}`,
      parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    ]),
  )
  return new Map(routes)
}

/** What the page says of a route, up to the next heading; undefined without a heading of its own. */
function partOf(route: string): string | undefined {
  const parts = page('http-api.md').split(/^#+ /m)
  return parts.find((part) => part.startsWith(`\`${route}\`\n`))
}

function routeRows(): string[][] {
  return rows('http-api.md').filter(([route]) => route?.includes(' /'))
}

describe('docs/http-api.md', () => {
  test('has every route of openapi.json, and no other', async () => {
    const served = [...(await servedRoutes()).keys()]
    const written = routeRows().map(([route = '']) => route.replaceAll('`', ''))
    expect(written.toSorted()).toEqual(served.toSorted())
    expect(served.filter((route) => partOf(route) === undefined)).toEqual([])
  })

  test('tells who may call each route', () => {
    for (const [route = '', who = ''] of routeRows()) {
      const named = [...who.matchAll(/`([a-z:]+)`/g)].map(([, scope]) => scope)
      const access = ROUTE_ACCESS[route.replaceAll('`', '')]
      const [word] = who.split(/[;,]/)
      const given = named.length > 0 ? named : word === 'none' ? 'open' : word
      expect([route, given]).toEqual([route, access?.scopes])
      expect([route, who.includes('at home only')]).toEqual([route, access?.local === true])
      expect([route, who.includes('ticket')]).toEqual([route, access?.ticket === true])
      expect([route, who.includes('invite')]).toEqual([route, access?.invite === true])
    }
  })

  test('names every query parameter in the part of its route', async () => {
    for (const [route, parameters] of await servedRoutes()) {
      const taken = ROUTE_ACCESS[route]?.ticket ? [...parameters, 'ticket'] : parameters
      const part = partOf(route) ?? ''
      const missing = taken.filter((name) => !new RegExp(`\`${name}[\`=]`).test(part))
      expect([route, missing]).toEqual([route, []])
    }
  })

  test('has an example for every route', () => {
    for (const route of Object.keys(ROUTE_ACCESS)) {
      const [, path = ''] = route.split(' ')
      const [, example = ''] = partOf(route)?.split('```sh\n') ?? []
      expect(example).toMatch(/^curl /)
      expect(example).toContain(path.split('{')[0])
    }
  })

  test('has every setting with its default, and no other', () => {
    const keys = new Set(Object.keys(SETTINGS).map((key) => `\`${key}\``))
    const part = page('http-api.md').split('\n## Settings\n')[1]?.split('\n## ')[0] ?? ''
    const written = tableRows(part)
    expect(new Set(written.map(([key]) => key))).toEqual(keys)
    for (const [key = '', , initial, , example = ''] of written) {
      const name = key.replaceAll('`', '') as SettingKey
      const value = SETTINGS[name].initial
      expect([key, initial]).toEqual([
        key,
        Array.isArray(value) || value === null ? 'none' : `\`${value}\``,
      ])
      const [, words = ''] = new RegExp(`spl config set ${name} (.+)\``).exec(example) ?? []
      const given = parseSettingValue(name, [words])
      expect(SETTINGS[name].parse(given)).toEqual(given)
    }
  })

  test('gives the limits of accounts, invites and tickets', () => {
    const { accountActors, inviteDefaultSeconds, inviteMaxSeconds } = ACCESS_LIMITS
    const { ticketSeconds, ticketsOfAccount } = ACCESS_LIMITS
    const text = page('http-api.md').replaceAll('\n', ' ')
    expect(text).toContain(`${accountActors} at most`)
    expect(text).toContain(`is ${inviteDefaultSeconds} (${inviteDefaultSeconds / 60} minutes)`)
    expect(text).toContain(`${inviteMaxSeconds} (${inviteMaxSeconds / 86_400} days) at most`)
    expect(text).toContain(`within ${ticketSeconds} seconds`)
    expect(text).toContain(`${ticketsOfAccount} unused tickets`)
  })

  test('gives the limits that the daemon has', () => {
    const { listMax, listDefault, changesMax, changesDefault, longPollMs, heartbeatMs } =
      HTTP_LIMITS
    const text = page('http-api.md')
    expect(text).toContain(`from 1 to ${listMax} (default ${listDefault})`)
    expect(text).toContain(`from 1 to ${changesMax} (default ${changesDefault})`)
    expect(text).toContain(`up to ${longPollMs / 1000} seconds`)
    expect(text).toContain(`after ${heartbeatMs / 1000} seconds of silence`)
  })
})

test('docs/errors.md has every problem code with its status, and no other', () => {
  // Below is a pointer to the codes of the command line: error-catalogue.test.ts.
  const problems = tableRows(page('errors.md').split('\n## ')[0] ?? '')
  const written = problems.map(([code = '', status]) => [code.replaceAll('`', ''), Number(status)])
  expect(Object.fromEntries(written)).toEqual(PROBLEM_STATUS)
  for (const cells of problems) {
    expect(cells).toHaveLength(4)
    expect(cells.every((cell) => cell.length > 0)).toBe(true)
  }
})
