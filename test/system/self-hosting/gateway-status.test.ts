import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { startDemo, type Demo } from '../../../local-daemon/cli/try/start-demo.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { runHere } from '../../support/cli/run-here.ts'
import type { SplRun } from '../../support/cli/run-spl.ts'

interface Shown {
  readonly ok: boolean
  readonly checks: readonly { name: string; ok: boolean | null; detail: string }[]
}

let home: ReturnType<typeof aHome>
let demo: Demo

beforeAll(async () => {
  home = aHome()
  demo = await startDemo(home.path)
})

afterAll(async () => {
  await demo.stop()
  home[Symbol.dispose]()
})

function status(where: string, ...args: string[]): Promise<SplRun> {
  return runHere(['gateway', 'status', ...args], { home: where })
}

function verdicts(run: SplRun): Record<string, boolean | null> {
  const { checks } = JSON.parse(run.stdout) as Shown
  return Object.fromEntries(checks.map(({ name, ok }) => [name, ok]))
}

function detail(run: SplRun, wanted: string): string | undefined {
  return (JSON.parse(run.stdout) as Shown).checks.find(({ name }) => name === wanted)?.detail
}

describe('spl gateway status', { timeout: 90_000 }, () => {
  test('proves the whole way to this daemon, down to the first byte of an event stream', async () => {
    const run = await status(home.path, '--json')
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      object: 'gateway_status',
      ok: true,
      url: demo.publicUrl,
      certificate: { subject: 'CN=localhost', fault: null },
      version: manifest.version,
      gateway_version: manifest.version,
      round_trip_ms: expect.any(Number),
      first_event_ms: expect.any(Number),
    })
    expect(Object.values(verdicts(run))).toEqual(Array.from({ length: 7 }, () => true))
    const shown = await status(home.path)
    expect(shown.stdout).toMatch(/^ok +dns[\s\S]*^ok +daemon +this one, spl \d/m)
  })

  test('works without a home, and shows no bearer to a gateway that is not the home’s', async () => {
    using empty = aHome()
    const run = await status(empty.path, '--json', '--url', demo.publicUrl, '--ca', demo.cacert)
    expect(run.code).toBe(0)
    expect(verdicts(run)).toMatchObject({ daemon: true, policy: null, event_stream: null })

    const seen: (string | undefined)[] = []
    const thief = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.setHeader('content-type', 'application/json')
      const door = request.url?.startsWith('/.well-known')
      response.statusCode = door ? 426 : 200
      const did = loadIdentity(homeAt(home.path)).did
      response.end(
        JSON.stringify(
          door ? { code: 'UPGRADE_REQUIRED', hop: 'gateway' } : { instance_did: did, status: 'ok' },
        ),
      )
    })
    await new Promise<void>((resolve) => void thief.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`
    // It pretends to be this very daemon, and cannot prove it: no bearer.
    const pretended = await status(home.path, '--json', '--url', url)
    expect(verdicts(pretended)).toMatchObject({ daemon: false, event_stream: null })
    expect(seen.length).toBeGreaterThan(2)
    expect(seen.filter((header) => header !== undefined)).toEqual([])
    thief.closeAllConnections()
    await new Promise((resolve) => void thief.close(resolve))
  })

  test('tells a certificate that is not trusted, and asks no further', async () => {
    using empty = aHome()
    const run = await status(empty.path, '--json', '--url', demo.publicUrl)
    expect(run.code).toBe(3)
    expect(verdicts(run)).toMatchObject({ dns: true, tls: false, gateway: null, daemon: null })
    expect(detail(run, 'tls')).toMatch(/not trusted/)
  })

  test('tells another daemon from this one', async () => {
    using other = aHome()
    const paths = homeAt(other.path)
    prepareHome(paths)
    loadIdentity(paths)
    const run = await status(other.path, '--json', '--url', demo.publicUrl, '--ca', demo.cacert)
    expect(run.code).toBe(3)
    expect(detail(run, 'daemon')).toMatch(/another daemon answers there: did:key:/)
  })

  test('tells a gateway without its daemon', async () => {
    using other = aHome()
    const paths = homeAt(other.path)
    prepareHome(paths)
    const ownerDid = loadIdentity(paths).did
    await using gateway = await startGateway({ ownerDid, directory: paths.gateway })
    const run = await status(other.path, '--json', '--url', gateway.url)
    expect(run.code).toBe(3)
    expect(verdicts(run)).toMatchObject({ gateway: true, daemon: false, round_trip: null })
    expect(detail(run, 'daemon')).toBe('not connected: TUNNEL_OFFLINE')
  })

  test('tells apart what is no gateway, a closed port and an unknown name', async () => {
    using empty = aHome()
    const page = createServer((_request, response) => void response.end('<h1>parked</h1>'))
    await new Promise<void>((resolve) => void page.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
    const parked = await status(empty.path, '--json', '--url', url)
    page.closeAllConnections()
    await new Promise((resolve) => void page.close(resolve))
    expect(detail(parked, 'gateway')).toBe('no spl gateway answers there (status 200)')
    expect(parked.code).toBe(3)

    const closed = await status(empty.path, '--json', '--url', url)
    expect(verdicts(closed)).toMatchObject({ gateway: false, daemon: null })
    const nameless = await status(empty.path, '--url', 'https://nobody.invalid')
    expect(nameless.code).toBe(3)
    expect(nameless.stdout).toMatch(/^FAIL +dns/)
    expect(nameless.stderr).toMatch(/^try: \S/)
  })

  test('says what to do where no daemon runs', async () => {
    using empty = aHome()
    const run = await status(empty.path)
    expect(run.code).toBe(3)
    expect(run.stderr).toMatch(/\[DAEMON_NOT_RUNNING\]\ntry: .*--url/)
  })
})
