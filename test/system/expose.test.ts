import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendRequest } from '../../local-daemon/cli/client/send-request.ts'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { verifyRecord } from '../../protocol/records/record-signature.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { runFitting } from '../support/cli/run-here.ts'
import type { SplRun } from '../support/cli/run-spl.ts'

interface Answer {
  readonly applied: boolean
  readonly url: string | null
  readonly steps: readonly { readonly do: string; readonly key?: string }[]
  readonly next: readonly string[]
  readonly checks: readonly {
    readonly name: string
    readonly status: string
    readonly fix?: string
  }[]
}

const undo = new AsyncDisposableStack()
let home: string
let gateway: Gateway

beforeAll(async () => {
  home = undo.use(aHome()).path
  const spare = undo.use(aHome()).path
  const started = await runFitting(['serve', '--daemon', '--port', '0', '--json'], { home })
  const { instance_did: ownerDid } = JSON.parse(started.stdout) as { readonly instance_did: string }
  undo.defer(async () => void (await runFitting(['serve', '--stop'], { home })))
  gateway = undo.use(await startGateway({ ownerDid, directory: spare, tls: 'self-signed' }))
})
afterAll(() => undo.disposeAsync())

const spl = (...args: string[]): Promise<SplRun> => runFitting(args, { home })

async function exposed(...args: string[]): Promise<{ code: number | null; answer: Answer }> {
  const { stdout, stderr, code } = await spl('expose', ...args, '--json')
  if (stdout === '') throw new Error(stderr)
  return { code, answer: JSON.parse(stdout) as Answer }
}

function statuses({ checks }: Answer): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, status }) => [name, status]))
}

async function setting(key: string): Promise<unknown> {
  const { stdout } = await spl('config', 'show', '--json')
  const { settings } = JSON.parse(stdout) as { settings: { key: string; value: unknown }[] }
  return settings.find((one) => one.key === key)?.value
}

async function address(): Promise<string> {
  return (JSON.parse((await spl('status', '--json')).stdout) as { address: string }).address
}

async function preflight(url: string, origin: string): Promise<number> {
  const headers = { origin, 'access-control-request-method': 'GET' }
  return (await fetch(`${url}/v1/threads`, { method: 'OPTIONS', headers })).status
}

describe('spl expose', () => {
  test('without a terminal and without --yes changes nothing, and says so', async () => {
    const run = await spl('expose', 'browser', '--origin', 'https://app.example.com')
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('[EXPOSE_NOT_CONFIRMED]')])
    expect(run.stdout).toContain('spl config set auth_cors_origins https://app.example.com')
    expect(await setting('auth_cors_origins')).toEqual([])
  })

  test('without a use and without a terminal names the uses', async () => {
    const run = await spl('expose')
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('phone, second-machine')])
  })

  test('--dry-run shows the steps and does none of them', async () => {
    const { code, answer } = await exposed('peer', '--gateway', gateway.url, '--dry-run')
    expect([code, answer.applied]).toEqual([0, false])
    expect(answer.steps.map(({ do: what, key }) => key ?? what)).toEqual([
      'strict_actor_header',
      'strict_impersonation_enforcement',
      'restart',
    ])
    expect(await setting('strict_actor_header')).toBe(false)
  })

  test('browser: lets one page call loopback, and proves that no other may', async () => {
    const { code, answer } = await exposed(
      'browser',
      '--origin',
      'https://app.example.com',
      '--yes',
    )
    expect([code, answer.url]).toEqual([0, null])
    expect(statuses(answer)).toMatchObject({ cors: 'pass', bind: 'pass', origins: 'pass' })
    expect(await preflight(await address(), 'https://app.example.com')).toBe(204)
    expect(await preflight(await address(), 'https://evil.example')).toBe(403)
  })

  test('peer: hardens, connects to the gateway, and proves it through the public hostname', async () => {
    const { code, answer } = await exposed(
      'peer',
      '--gateway',
      gateway.url,
      '--gateway-ca',
      gateway.cacert ?? '',
      '--yes',
    )
    expect([code, answer.url]).toEqual([0, gateway.url])
    expect(statuses(answer)).toMatchObject({
      link: 'pass',
      'edge-policy': 'pass',
      strict: 'pass',
      reachable: 'pass',
      certificate: 'pass',
      authentication: 'pass',
      'dot-paths': 'pass',
      streaming: 'pass',
      websocket: 'pass',
    })
    expect(await setting('strict_actor_header')).toBe(true)
    expect(await setting('strict_impersonation_enforcement')).toBe(true)
  })

  test('peer again: nothing is left to do, and the proof is made again', async () => {
    const { code, answer } = await exposed('peer')
    expect([code, answer.steps]).toEqual([0, []])
    expect(statuses(answer)).toMatchObject({ reachable: 'pass' })
  })

  test('peer: follows the feed through the public hostname with federation:manage, and can check what it gets', async () => {
    const file = join(home, 'peer.token')
    const create = ['service-account', 'create', '--name', 'peer', '--with-token', '--out', file]
    const scopes = ['--scopes', 'federation:manage']
    expect((await spl(...create, ...scopes)).code).toBe(0)
    const { stdout } = await spl('intend', 'make tea', '--json')
    const { id, thread } = JSON.parse(stdout) as { readonly id: string; readonly thread: string }
    const target = { origin: new URL(gateway.url), ca: readFileSync(gateway.cacert ?? '', 'utf8') }
    const headers = { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` }
    const path = `/v1/sync/changes?thread=${thread}`
    const response = await sendRequest(target, { method: 'GET', path, headers, silenceMs: 10_000 })
    const { records } = (await json(response)) as {
      readonly records: readonly object[]
    }
    expect(records).toHaveLength(1)
    expect(await verifyRecord(records[0] as never)).toMatchObject({ kind: 'verified', id })
  })

  test('a gateway that is not there fails the proof, with what to do', async () => {
    const { code, answer } = await exposed('peer', '--gateway', 'https://127.0.0.1:1', '--yes')
    expect(code).toBe(1)
    expect(statuses(answer)).toMatchObject({ daemon: 'pass', link: 'fail', reachable: 'fail' })
    for (const { status, fix } of answer.checks) expect(status !== 'fail' || fix).toBeTruthy()
  })

  test('team: sets what a proxy needs, and puts its file where --write says, replacing none', async () => {
    const directory = join(home, 'proxy')
    const args = [
      'team',
      '--by',
      'nginx',
      '--hostname',
      'spl.invalid',
      '--write',
      directory,
      '--yes',
    ]
    const { code, answer } = await exposed(...args)
    // The proxy does not run: the proof says so.
    expect([code, statuses(answer)['reachable']]).toEqual([1, 'fail'])
    expect(await setting('allowed_hosts')).toEqual(['spl.invalid'])
    expect(await setting('trusted_proxies')).toEqual(['127.0.0.1'])
    const written = readFileSync(join(directory, 'spl.invalid.conf'), 'utf8')
    expect(written).toBe((await spl('expose', '--print', 'nginx')).stdout)
    expect(written).toContain(`proxy_pass ${await address()};`)
    // The same command goes on; what somebody changed it leaves alone.
    expect((await exposed(...args)).code).toBe(1)
    appendFileSync(join(directory, 'spl.invalid.conf'), '# mine')
    const again = await spl('expose', ...args)
    expect(again.stderr).toContain('[EXPOSE_FILE_EXISTS]')
  })

  test('nobody: takes everything back', async () => {
    const { code, answer } = await exposed('nobody', '--yes')
    expect(code).toBe(0)
    expect(answer.steps.map(({ do: what, key }) => key ?? what)).toEqual([
      'auth_cors_origins',
      'allowed_hosts',
      'trusted_proxies',
      'restart',
    ])
    expect(await setting('auth_cors_origins')).toEqual([])
    expect(JSON.parse((await spl('status', '--json')).stdout)).toMatchObject({ gateway: null })
  })

  test('nobody: a daemon that was stopped is closed as well', async () => {
    await spl('config', 'set', 'allowed_hosts', 'a.example.com')
    await spl('serve', '--stop')
    const { code, answer } = await exposed('nobody', '--yes')
    expect(code).toBe(0)
    expect(answer.steps.map(({ do: what, key }) => key ?? what)).toEqual(['start', 'allowed_hosts'])
    expect(await setting('allowed_hosts')).toEqual([])
  })

  test('a daemon that was stopped keeps what is in its lists', async () => {
    await spl('config', 'auth-set-cors-origins', 'https://a.example.com')
    await spl('serve', '--stop')
    const { answer } = await exposed('browser', '--origin', 'https://b.example.com', '--yes')
    expect(await setting('auth_cors_origins')).toEqual([
      'https://a.example.com',
      'https://b.example.com',
    ])
    // The proof is of the origin that was asked for, and tells of the other.
    expect(answer.checks.find(({ name }) => name === 'cors')).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(
        /^Web pages from https:\/\/b\.example\.com may call, and one other origin/,
      ),
    })
  })

  test.each([
    [['peer', '--gateway', 'http://gateway.example.com'], 'INVALID_ARGUMENT'],
    [['phone', '--by', 'caddy'], 'EXPOSE_WAY_UNFIT'],
    [['peer', '--by', 'caddy'], 'EXPOSE_HOSTNAME_MISSING'],
    [['browser'], 'EXPOSE_ORIGIN_MISSING'],
    [['browser', '--origin', 'app.example.com'], 'INVALID_ARGUMENT'],
    [['phon'], 'INVALID_ARGUMENT'],
    [['--print', 'caddy', '--hostname', 'a b'], 'RECIPE_HOSTNAME_INVALID'],
    [['peer', '--by', 'caddy', '--hostname', 'x.example\n}'], 'RECIPE_HOSTNAME_INVALID'],
  ])('%s is refused with %s and a next step', async (args, code) => {
    const run = await spl('expose', ...args)
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(`[${code}]`)])
    expect(run.stderr).toMatch(/^try: .{10}/mu)
  })
})

test.each(['0.0.0.0', '::', '8.8.8.8', '::ffff:0.0.0.0', '2606:4700::1111'])(
  'spl serve --host %s is refused with exit code 2 and the three safe ways',
  async (host) => {
    const run = await spl('serve', '--daemon', '--host', host)
    expect([run.code, run.stdout]).toEqual([2, ''])
    expect(run.stderr).toMatch(/\[HOST_(?:WILDCARD|PUBLIC)\]/u)
    for (const way of ['tailnet:', 'TLS proxy', '--gateway https://']) {
      expect(run.stderr).toContain(way)
    }
  },
)
