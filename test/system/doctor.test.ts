import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../local-daemon/gateway/start-gateway.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { runFitting } from '../support/cli/run-here.ts'

interface Report {
  readonly object: string
  readonly status: string
  readonly checks: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly fix?: string
    readonly target?: string
  }[]
}

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/doctor.md', import.meta.url)), 'utf8')
const undo = new AsyncDisposableStack()
let home: string
let bearer: string
let gateway: Gateway

beforeAll(async () => {
  home = undo.use(aHome()).path
  const spare = undo.use(aHome()).path
  const started = await runFitting(['serve', '--daemon', '--port', '0', '--json'], { home })
  const facts = JSON.parse(started.stdout) as { instance_did: string; admin_bearer: string }
  bearer = facts.admin_bearer
  undo.defer(async () => void (await runFitting(['serve', '--stop'], { home })))
  const ownerDid = facts.instance_did
  gateway = undo.use(await startGateway({ ownerDid, directory: spare, tls: 'self-signed' }))
})
afterAll(() => undo.disposeAsync())

async function doctor(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  at = home,
): Promise<{ code: number | null; report: Report }> {
  const { stdout, stderr, code } = await runFitting(['doctor', '--json', ...args], {
    home: at,
    env,
  })
  if (stdout === '') throw new Error(stderr)
  return { code, report: JSON.parse(stdout) as Report }
}

function statusOf({ checks }: Report, name: string): string | undefined {
  return checks.find((check) => check.name === name)?.status
}

test('a fresh daemon is well: exit code 0', async () => {
  const { code, report } = await doctor()
  expect([code, report.status]).toEqual([0, 'pass'])
  expect(statusOf(report, 'sqlite')).toBe('pass')
  expect(statusOf(report, 'link')).toBe('skip')
})

test('people see each check, and under a bad one what to do', async () => {
  chmodSync(join(home, 'hub.db'), 0o644)
  const { stdout, code } = await runFitting(['doctor'], { home })
  chmodSync(join(home, 'hub.db'), 0o600)
  expect(code).toBe(2)
  expect(stdout).toMatch(/^ok {4}daemon +it answers/mu)
  expect(stdout).toMatch(/^FAIL {2}file-modes .*\n +try: chmod go= .*hub\.db$/mu)
  expect(stdout).toContain('1 failed, ')
})

test('what is wrong and still works is a warning: exit code 1', async () => {
  await runFitting(['config', 'set', 'auth_required', 'false'], { home })
  const { code, report } = await doctor()
  await runFitting(['config', 'set', 'auth_required', 'true'], { home })
  expect([code, report.status, statusOf(report, 'auth')]).toEqual([1, 'warn', 'warn'])
})

test('a store whose file is gone is a failure among the others: exit code 2', async () => {
  await using undone = new AsyncDisposableStack()
  const at = undone.use(aHome()).path
  await runFitting(['serve', '--daemon', '--port', '0'], { home: at })
  undone.defer(async () => void (await runFitting(['serve', '--stop'], { home: at })))
  rmSync(join(at, 'hub.db'))
  const { code, report } = await doctor(['--no-outside'], {}, at)
  expect([code, report.object, report.status]).toEqual([2, 'doctor', 'fail'])
  expect(statusOf(report, 'store-content')).toBe('fail')
  expect(statusOf(report, 'link')).toBe('skip')
})

test('no daemon is a failure: exit code 2, and the fix starts one', async () => {
  const nowhere = undo.use(aHome()).path
  const { code, report } = await doctor([], {}, nowhere)
  expect(code).toBe(2)
  expect(report.checks[0]).toMatchObject({
    name: 'daemon',
    status: 'fail',
    fix: 'spl serve --daemon',
  })
})

test('behind a gateway it goes through the public hostname, without a bearer and with one', async () => {
  const { cacert = '' } = gateway
  await runFitting(
    ['expose', 'peer', '--gateway', gateway.url, '--gateway-ca', cacert, '--yes', '--json'],
    { home },
  )
  const without = await doctor()
  expect([without.code, statusOf(without.report, 'streaming')]).toEqual([0, 'pass'])
  expect(statusOf(without.report, 'upload')).toBe('skip')
  const withBearer = await doctor(['--token', bearer])
  expect(withBearer.code).toBe(0)
  expect(statusOf(withBearer.report, 'upload')).toBe('pass')
  expect(statusOf(withBearer.report, 'edge-policy')).toBe('pass')
  expect(statusOf(withBearer.report, 'clock')).toBe('pass')
  expect(withBearer.report.checks.filter(({ target }) => target === gateway.url).length).toBe(13)

  const deep = await doctor(['--deep', '--no-outside'])
  const checks = [...withBearer.report.checks, ...deep.report.checks]
  const names = new Set(checks.map(({ name }) => name))
  const documented = [...PAGE.matchAll(/^\| `([a-z-]+)` \|/gmu)].map(([, name]) => name)
  expect([...names].toSorted()).toEqual(documented.toSorted())
})

test('--no-outside asks nothing of the public hostname', async () => {
  const { report } = await doctor(['--no-outside'])
  expect(report.checks.every(({ target }) => target === undefined)).toBe(true)
})

test('from another machine it looks at the daemon from outside alone', async () => {
  const elsewhere = undo.use(aHome()).path
  const env = {
    SPL_SERVE_URL: gateway.url,
    SPL_TOKEN: bearer,
    NODE_EXTRA_CA_CERTS: gateway.cacert ?? '',
  }
  const { report } = await doctor([], env, elsewhere)
  expect(statusOf(report, 'reachable')).toBe('pass')
  expect(statusOf(report, 'daemon')).toBeUndefined()
})

test('a bearer of somebody else’s is shown as a fault, not printed', async () => {
  const { report } = await doctor(['--token', 'spl_prod_sa_x_secret'])
  expect(JSON.stringify(report)).not.toContain('spl_prod_sa_x_secret')
})
