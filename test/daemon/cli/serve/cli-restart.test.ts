import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runFitting } from '../../../support/cli/run-here.ts'
import { isRunning, type SplRun } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'

// Each of these starts the command line some ten times, and daemons behind it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let home: ReturnType<typeof aHome>
let other: ReturnType<typeof aHome>

beforeEach(() => {
  home = aHome()
  other = aHome()
})
afterEach(async () => {
  for (const { path } of [home, other]) await runFitting(['serve', '--stop'], { home: path })
  home[Symbol.dispose]()
  other[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  return runFitting(args, { home: home.path })
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const run = await spl(...args, '--json')
  expect([run.code, run.stderr]).toEqual([0, expect.anything()])
  return JSON.parse(run.stdout) as Record<string, unknown>
}

const threads = async () => ((await json('thread', 'list'))['data'] as unknown[]).length

describe('spl serve --restart', () => {
  test('keeps arguments and port, lets what is given win, and shows no bearer again', async () => {
    const store = join(other.path, 'data.db')
    const first = await json('serve', '--daemon', '--port', '0', '--store', `sqlite://${store}`)
    expect(first).toMatchObject({ store, admin_bearer: expect.any(String) })
    expect((await spl('intend', 'tea')).code).toBe(0)

    const again = await json('serve', '--restart')
    expect(again).toMatchObject({ store, address: first['address'] })
    expect(again['pid']).not.toBe(first['pid'])
    expect(again['admin_bearer']).toBeUndefined()
    expect(isRunning(first['pid'] as number)).toBe(false)
    expect(await threads()).toBeGreaterThan(0)
    const { text } = { text: readFileSync(join(home.path, 'run', 'spl.json'), 'utf8') }
    expect(text).not.toContain(String(first['admin_bearer']))

    const moved = await json('serve', '--restart', '--memory')
    expect(moved).toMatchObject({ store: null, address: first['address'] })
    expect(await json('status')).toMatchObject({ in_memory: true, store: null })
  })

  test('starts what was used last if none runs, and a new one if nothing is known', async () => {
    const run = await spl('serve', '--restart', '--port', '0', '--json')
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('starting with the defaults'),
    })
    const { address } = JSON.parse(run.stdout) as { address: string }
    await spl('serve', '--stop')
    expect(await json('serve', '--restart')).toMatchObject({ address })
    await spl('serve', '--stop')
    writeFileSync(join(home.path, 'run', 'spl.json'), '{"started_with":{"port":"x"}}')
    const anew = await spl('serve', '--restart', '--port', '0')
    expect(anew.stderr).toContain('starting with the defaults')
  })

  test('refuses a wrong host before it stops anything', async () => {
    const { pid } = await json('serve', '--daemon', '--port', '0')
    const run = await spl('serve', '--restart', '--host', '0.0.0.0')
    expect(run.code).toBe(2)
    expect(isRunning(pid as number)).toBe(true)
  })

  test('refuses a wrong certificate path before it stops anything', async () => {
    const { pid } = await json('serve', '--daemon', '--port', '0')
    const gateway = ['--gateway', 'https://localhost:1', '--gateway-ca', join(home.path, 'no.pem')]
    const run = await spl('serve', '--restart', ...gateway)
    expect(run.stderr).toContain(
      `error: cannot read the certificate ${join(home.path, 'no.pem')}: there is no such file [GATEWAY_CA_UNREADABLE]\n`,
    )
    expect(isRunning(pid as number)).toBe(true)
  })

  test('brings it back as it was when it does not start with what is given', async () => {
    const { address } = await json('serve', '--daemon', '--port', '0')
    const run = await spl('serve', '--restart', '--store', join(home.path, 'none', 'x.db'))
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(
      /runs again with its old arguments.*\nerror: .*\[STORE_DIRECTORY_MISSING\]\ntry: mkdir/,
    )
    expect(await json('status')).toMatchObject({ status: 'running', address })
  })

  test('says that nothing runs now when it does not start at all', async () => {
    await json('serve', '--daemon', '--port', '0')
    chmodSync(join(home.path, 'keys', 'instance.key'), 0o644)
    const run = await spl('serve', '--restart', '--port', '0')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/was not restarted\nerror: .*\[KEY_MODE_TOO_OPEN\]\ntry: chmod/)
  })
})

describe('spl serve --store', () => {
  test('lets one daemon have a file, by any name for it, and none share the home’s own', async () => {
    const store = join(home.path, 'hub.db')
    await json('serve', '--daemon', '--port', '0')
    const link = join(other.path, 'link.db')
    symlinkSync(store, link)
    for (const name of [store, link]) {
      const run = await runFitting(['serve', '--daemon', '--port', '0', '--store', name], {
        home: other.path,
      })
      expect(run.code).toBe(1)
      expect(run.stderr).toMatch(/\[STORE_IN_USE\]\ntry: Stop that one first/)
    }
  })
})

describe('spl serve --memory', () => {
  test('keeps the identity and nothing else, and says so', async () => {
    const start = ['serve', '--daemon', '--port', '0', '--memory'] as const
    const shown = await spl(...start)
    expect(shown.stdout).toMatch(/^Store +in memory: records, accounts and settings are lost when/m)
    expect(shown.stdout).toMatch(/spl_prod_sa_/)
    expect((await spl('intend', 'tea')).code).toBe(0)
    expect(existsSync(join(home.path, 'hub.db'))).toBe(false)
    // A home without a file of its own is a home all the same: nothing it is told goes to where a login leads.
    writeFileSync(join(home.path, 'remote.json'), '{}', { mode: 0o600 })
    expect((await spl('intend', 'coffee')).code).toBe(0)
    const did = (await json('status'))['instance_did']
    expect((await spl('status')).stdout).toMatch(/^Store +in memory/m)
    await spl('serve', '--stop')
    const again = await json(...start)
    expect(again).toMatchObject({
      instance_did: did,
      store: null,
      admin_bearer: expect.any(String),
    })
    expect((await json('thread', 'list'))['data']).not.toContainEqual(
      expect.objectContaining({ goal: 'tea' }),
    )
  })

  test('runs two daemons side by side, each with its own', async () => {
    await json('serve', '--daemon', '--port', '0', '--memory')
    const second = await runFitting(['serve', '--daemon', '--port', '0', '--memory'], {
      home: other.path,
    })
    expect(second.code).toBe(0)
    expect((await spl('intend', 'tea')).code).toBe(0)
    const seen = await runFitting(['thread', 'list', '--json'], { home: other.path })
    expect(seen.stdout).not.toContain('"goal":"tea"')
  })

  test('is one store or the other', async () => {
    const run = await spl('serve', '--memory', '--store', 'x.db')
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('[CONFLICTING_OPTION]')
  })
})
