import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadIdentity } from '../../local-daemon/access/identity/identity.ts'
import { homeAt } from '../../local-daemon/home/home.ts'
import { startGateway } from '../../local-daemon/gateway/start-gateway.ts'
import { aHome } from '../support/daemon/a-daemon.ts'
import { until } from '../support/until.ts'
import { runFitting } from '../support/cli/run-here.ts'

interface Told {
  readonly reachable: boolean
  readonly unreachable_reason: string | null
  readonly link: {
    readonly state: string
    readonly generation: number | null
    readonly rival_at: number | null
    readonly last_error: string | null
  }
}

test('two daemons with copies of one home: the last one started serves, and both say that two run', async () => {
  await using undo = new AsyncDisposableStack()
  const [first, copy] = [undo.use(aHome()), undo.use(aHome())]
  const paths = homeAt(first.path)
  expect((await runFitting(['serve', '--daemon', '--port', '0'], { home: first.path })).code).toBe(
    0,
  )
  await runFitting(['serve', '--stop'], { home: first.path })
  const ownerDid = loadIdentity(paths).did
  execFileSync('cp', ['-a', `${first.path}/.`, copy.path])
  const gateway = await startGateway({
    ownerDid,
    directory: homeAt(copy.path).gateway,
    tls: 'self-signed',
  })
  undo.defer(() => gateway.stop())
  const start = async (home: string) => {
    undo.defer(async () => {
      await runFitting(['serve', '--stop'], { home })
    })
    const to = ['--gateway', gateway.url, '--gateway-ca', gateway.cacert ?? '']
    const run = await runFitting(['serve', '--daemon', '--port', '0', ...to], { home })
    expect([run.code, run.stderr]).toEqual([0, ''])
  }
  const told = async (home: string) =>
    JSON.parse((await runFitting(['status', '--json'], { home })).stdout) as Told
  const text = async (home: string, ...args: string[]) => (await runFitting(args, { home })).stdout

  await start(first.path)
  await until('the first one is connected', async () => (await told(first.path)).reachable)
  expect((await told(first.path)).link.rival_at).toBeNull()
  await start(copy.path)
  await until(
    'the copy is told of the first one',
    async () => (await told(copy.path)).link.rival_at !== null,
    15_000,
  )

  const serving = await told(copy.path)
  expect(serving).toMatchObject({ reachable: true, link: { state: 'connected' } })
  expect(await text(copy.path, 'serve', '--status')).toMatch(
    /Two daemons +another daemon with this identity tried to connect at /u,
  )
  expect(await text(copy.path, 'status')).toContain('stop one of the two')
  expect(await text(copy.path, 'doctor')).toContain('two daemons run with this identity')

  const replaced = await told(first.path)
  expect(replaced).toMatchObject({ reachable: false, link: { state: 'waiting', rival_at: null } })
  expect(replaced.unreachable_reason).toContain('a copy of this home')
  expect(replaced.link.last_error).toContain('ANOTHER_DAEMON_CONNECTED')
  expect(await text(first.path, 'doctor')).toContain('ANOTHER_DAEMON_CONNECTED')

  // Nobody takes the place from the other in turn: the next try is half a minute away at least.
  await sleep(3_000)
  expect((await told(copy.path)).link.generation).toBe(serving.link.generation)
  expect((await told(first.path)).link.state).toBe('waiting')
}, 120_000)
