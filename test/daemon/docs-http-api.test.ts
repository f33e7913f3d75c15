import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROUTE_SCOPES } from '../../local-daemon/access/route-scopes.ts'
import { DAEMON_LIMITS } from '../../local-daemon/config/limits.ts'
import { PROBLEM_STATUS } from '../../protocol/problem.ts'
import { aDaemon } from './a-daemon.ts'

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

/** The cells of every row of a page's tables that begins with something in backticks. */
function rows(name: string): string[][] {
  return page(name)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly parameters?: { name: string }[] }>>
}

async function openApi(): Promise<OpenApi> {
  await using served = await aDaemon()
  return (await (await served.get('/openapi.json')).json()) as OpenApi
}

describe('docs/http-api.md', () => {
  test('has every route of openapi.json, and no other', async () => {
    const { paths } = await openApi()
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
    )
    const written = rows('http-api.md').map(([route]) => route)
    expect(written.filter((cell) => cell?.includes(' /')).toSorted()).toEqual(served.toSorted())
    for (const route of served) expect(page('http-api.md')).toMatch(`## ${route}\n`)
  })

  test('tells the scopes of each route', () => {
    const written = rows('http-api.md').filter(([route]) => route?.includes(' /'))
    for (const [route = '', scopes = ''] of written) {
      const named = [...scopes.matchAll(/`([a-z:]+)`/g)].map(([, scope]) => scope)
      expect([route, named.length > 0 ? named : 'open']).toEqual([
        route,
        ROUTE_SCOPES[route.replaceAll('`', '')],
      ])
    }
  })

  test('names every query parameter in the part of its route', async () => {
    const { paths } = await openApi()
    for (const [path, methods] of Object.entries(paths)) {
      const parameters = Object.values(methods).flatMap(({ parameters: all = [] }) => all)
      const part = page('http-api.md').split(`GET ${path}\`\n`)[1]?.split('\n## ')[0] ?? ''
      const likeRecords = path.endsWith('/records') || path === '/v1/threads'
      for (const { name } of parameters) {
        if (likeRecords && (name === 'limit' || name === 'cursor' || name === 'id')) continue
        expect(`${path}: ${part}`).toContain(name)
      }
    }
  })

  test('gives the limits that the daemon has', () => {
    const { listMax, listDefault, changesMax, changesDefault, longPollMs, heartbeatMs } =
      DAEMON_LIMITS
    const text = page('http-api.md')
    expect(text).toContain(`from 1 to ${listMax} (${listDefault} unless told)`)
    expect(text).toContain(`from 1 to ${changesMax} (${changesDefault} unless told)`)
    expect(text).toContain(`up to ${longPollMs / 1000} seconds`)
    expect(text).toContain(`after ${heartbeatMs / 1000} seconds of silence`)
  })
})

test('docs/errors.md has every problem code with its status, and no other', () => {
  const written = rows('errors.md').map(([code = '', status]) => [
    code.replaceAll('`', ''),
    Number(status),
  ])
  expect(Object.fromEntries(written)).toEqual(PROBLEM_STATUS)
  for (const cells of rows('errors.md')) {
    expect(cells).toHaveLength(4)
    expect(cells.every((cell) => cell.length > 0)).toBe(true)
  }
})
