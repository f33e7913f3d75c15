import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PRIVATE_ADDRESS } from '../../support/private-address.ts'
import { CREDENTIALS, type CredentialRow, expectedAnswer } from './access-table-credentials.ts'
import { accessTables } from './access-table-page.ts'
import { type RouteRequests, routeRequests } from './access-table-requests.ts'
import { type RouteRow, ROUTES, type Way, WAYS } from './access-table-routes.ts'
import { credentialsOf, type Show } from './access-table-shown.ts'
import { type AccessStage, anAccessStage, type Told } from './access-table-stage.ts'

const PAGE = new URL('../../../docs/appendix/access.md', import.meta.url)
const MARKED = /(?<=<!-- table -->\n)[^]*(?=\n<!-- \/table -->)/
/** Requests at a time. */
const TOGETHER = 8

interface Scene {
  readonly stage: AccessStage
  readonly requests: RouteRequests
  readonly credentials: Readonly<Record<string, Show>>
}

/** The daemon on loopback, with all ways to it but one. */
let scene: Scene
/** One on a private address. */
let networkScene: Scene | undefined

beforeAll(async () => {
  scene = await aScene(await anAccessStage())
  if (PRIVATE_ADDRESS === undefined) return
  networkScene = await aScene(await anAccessStage({ host: PRIVATE_ADDRESS }))
})
afterAll(async () => {
  await scene.stage[Symbol.asyncDispose]()
  await networkScene?.stage[Symbol.asyncDispose]()
})

async function aScene(stage: AccessStage): Promise<Scene> {
  return {
    stage,
    requests: await routeRequests(stage.daemon),
    credentials: await credentialsOf(stage),
  }
}

const TESTED = WAYS.filter((way) => way !== 'network' || PRIVATE_ADDRESS !== undefined)

test('has a row for every route that is served, and for no other', async () => {
  const { body } = await scene.stage.ask('socket', { method: 'GET', target: '/openapi.json' })
  const served = Object.entries(body['paths'] as Record<string, object>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(ROUTES.map(({ route }) => route).toSorted()).toEqual(served.toSorted())
})

test.each(TESTED)(
  'every route answers every credential as the table says: %s',
  { timeout: 60_000 },
  async (way) => {
    const at = (way === 'network' ? networkScene : scene) ?? scene
    const cells = ROUTES.flatMap((row) => CREDENTIALS.map((credential) => ({ row, credential })))
    const wrong: string[] = []
    async function work(): Promise<void> {
      for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) {
        const { row, credential } = cell
        const told = await tell(at, way, row, credential)
        const expected = expectedAnswer(row, way, credential)
        if (told !== expected) {
          wrong.push(`${row.route} with ${credential.shows}: ${told} in place of ${expected}`)
        }
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))
    expect(wrong.toSorted()).toEqual([])
  },
)

async function tell(
  { stage, requests, credentials }: Scene,
  way: Way,
  { route }: RouteRow,
  { shows }: CredentialRow,
): Promise<string> {
  const asking = await requests[route]?.()
  if (asking === undefined) throw new Error(`no request for ${route}`)
  const [path = ''] = asking.target.split('?')
  const { headers = [], query } = (await credentials[shows]?.(path)) ?? {}
  const [name, ...values] = query ?? []
  const added = values.map((value) => `${name}=${value}`).join('&')
  const target = `${asking.target}${asking.target.includes('?') ? '&' : '?'}${added}`
  // The edge knows a bearer a moment after home does; who has just got one waits for that.
  if (way === 'tunnel') await stage.daemon.access.edge.settled()
  return inWords(way, await stage.ask(way, { ...asking, target, headers }))
}

/** Status and code; with what an answer lacks that every one of its kind must have. */
function inWords(way: Way, { status, body, challenge }: Told): string {
  const words = [String(status)]
  if (status < 400) return words.join(' ')
  words.push(String(body['code']))
  if (body['object'] !== 'error' || typeof body['message'] !== 'string') words.push('(no envelope)')
  if (status === 401 && challenge !== 'Bearer') words.push('(no challenge)')
  if (status === 403 && body['code'] === 'SCOPE_FORBIDDEN' && body['required_scope'] === undefined)
    words.push('(no scope)')
  if (way !== 'tunnel' && body['hop'] !== 'daemon') words.push('(another hop)')
  return words.join(' ')
}

test('docs/appendix/access.md prints the table', () => {
  const page = readFileSync(PAGE, 'utf8')
  if (process.env['REFRESH_PAGES'] === '1') {
    writeFileSync(PAGE, page.replace(MARKED, accessTables()))
    return
  }
  const refresh = 'REFRESH_PAGES=1 npx vitest run test/system/access-table/access-table.test.ts'
  expect(page.match(MARKED)?.[0], `The table has changed; to print it anew: ${refresh}`).toBe(
    accessTables(),
  )
})
