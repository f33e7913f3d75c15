import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadIdentity } from '../../../local-daemon/access/identity/identity.ts'
import { readRunningFile } from '../../../local-daemon/cli/client/running-file.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { prepareHome } from '../../../local-daemon/home/prepare-home.ts'
import { selfSignedCertificate } from '../../../local-daemon/gateway/self-signed.ts'
import { startGateway } from '../../../local-daemon/gateway/start-gateway.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import type { SplRun } from '../../support/cli/run-spl.ts'

let home: ReturnType<typeof aHome>

beforeEach(() => {
  home = aHome()
})

afterEach(async () => {
  await spl(['serve', '--stop'])
  home[Symbol.dispose]()
})

function spl(args: readonly string[], env: Record<string, string> = {}): Promise<SplRun> {
  return runFitting(args, { home: home.path, env })
}

async function statusOver(bearer: string): Promise<number | null> {
  const { address = '' } = readRunningFile(homeAt(home.path)) ?? {}
  return (await spl(['thread', 'list'], { SPL_SERVE_URL: address, SPL_TOKEN: bearer })).code
}

describe('spl gateway rotate-identity', { timeout: 120_000 }, () => {
  test('stops the daemon, gives it a new key, and starts it again as it was', async () => {
    const started = await spl(['serve', '--daemon', '--port', '0', '--json'])
    const { admin_bearer: bearer, address, instance_did: did } = JSON.parse(started.stdout)
    await spl(['intend', 'make tea'])
    const { code, stdout, stderr } = await spl(['gateway', 'rotate-identity', '--yes'])
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    // The bearer alone is data.
    expect(stdout).toMatch(/^spl_prod_sa_[a-z0-9]{16}_\w+\n$/)
    expect(stderr).toMatch(/Old key +destroyed/)
    expect(stderr).toMatch(/^sa_\w+ +admin +1$/m)
    expect(stderr).toMatch(/restart spl gateway serve, with --owner did:key:z/)
    const facts = readRunningFile(homeAt(home.path))
    expect(facts?.address).toBe(address)
    expect(facts?.instance_did).not.toBe(did)
    expect(facts?.instance_did).toBe(loadIdentity(homeAt(home.path)).did)
    expect(await statusOver(bearer)).toBe(4)
    expect(await statusOver(stdout.trim())).toBe(0)
    expect((await spl(['thread', 'list'])).stdout).toContain('make tea')
  })

  test('does nothing until somebody means it, and loses no bearer to --json', async () => {
    await spl(['serve', '--daemon', '--port', '0'])
    const before = readRunningFile(homeAt(home.path))
    const asked = await spl(['gateway', 'rotate-identity'])
    expect(asked.code).toBe(2)
    expect(asked.stderr).toMatch(/\[CONFIRMATION_NEEDED\]\ntry: .*--yes/)
    const json = await spl(['gateway', 'rotate-identity', '--yes', '--json'])
    expect(json.code).toBe(2)
    expect(json.stderr).toContain('[TOKEN_NEEDS_OUT]')
    const file = join(home.path, 'taken')
    expect(readRunningFile(homeAt(home.path))).toEqual(before)
    expect(existsSync(file)).toBe(false)

    const out = await spl([
      'gateway',
      'rotate-identity',
      '--yes',
      '--json',
      '--keep-old',
      '--out',
      file,
    ])
    expect(out.code).toBe(0)
    const rotation = JSON.parse(out.stdout)
    expect(rotation).toMatchObject({
      object: 'identity_rotation',
      from: before?.instance_did,
      kept: expect.stringContaining(home.path),
    })
    expect(out.stdout).not.toMatch(/spl_prod_sa_\w+_/)
    expect(existsSync(rotation.kept)).toBe(true)
    expect(await statusOver(readFileSync(file, 'utf8').trim())).toBe(0)
  })

  test('loses no bearer where the daemon cannot start again', async () => {
    const { cert: ca } = await selfSignedCertificate(
      join(home.path, 'tls'),
      'localhost',
      Date.now(),
    )
    const gateway = ['--gateway', 'https://localhost:1', '--gateway-ca', ca]
    await spl(['serve', '--daemon', '--port', '0', ...gateway])
    const file = join(home.path, 'admin.token')
    rmSync(ca)
    const { code, stderr } = await spl(['gateway', 'rotate-identity', '--yes', '--out', file])
    expect(code).toBe(1)
    expect(stderr).toContain('[GATEWAY_CA_UNREADABLE]')
    // The key is another one all the same, and that is said.
    expect(stderr).toContain(`Identity  ${loadIdentity(homeAt(home.path)).did}`)
    await spl(['serve', '--daemon', '--port', '0'])
    expect(await statusOver(readFileSync(file, 'utf8').trim())).toBe(0)
  })

  test('says that there is nothing to rotate in an empty home', async () => {
    const { code, stderr } = await spl(['gateway', 'rotate-identity', '--yes'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[KEY_MISSING\]\ntry: \S/)
  })

  test(
    'keeps the daemon out of its gateway until that is told the new owner',
    { timeout: 60_000 },
    async () => {
      const paths = homeAt(home.path)
      prepareHome(paths)
      const options = { directory: paths.gateway, tls: 'self-signed' } as const
      const first = await startGateway({ ...options, ownerDid: loadIdentity(paths).did })
      const gateway = ['--gateway', first.url, '--gateway-ca', first.cacert ?? '']
      await spl(['serve', '--daemon', '--port', '0', ...gateway])
      expect((await untilStatus(0)).code).toBe(0)
      await spl(['gateway', 'rotate-identity', '--yes'])
      await expect
        .poll(async () => JSON.parse((await spl(['tunnel', 'status', '--json'])).stdout), {
          timeout: 20_000,
        })
        .toMatchObject({
          state: 'waiting',
          last_error: expect.stringContaining('CONNECT_PROOF_INVALID'),
        })

      await first.stop()
      const ownerDid = loadIdentity(paths).did
      await using _second = await startGateway({ ...options, ownerDid, port: first.port })
      // A refused proof is tried again after a pause; a start of the daemon tries at once.
      await spl(['serve', '--stop'])
      await spl(['serve', '--daemon', '--port', '0', ...gateway])
      expect((await untilStatus(0)).stdout).toMatch(/^ok +daemon +this one/m)
    },
  )
})

async function untilStatus(code: number): Promise<SplRun> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const run = await spl(['gateway', 'status'])
    if (run.code === code || performance.now() > deadline) return run
    await sleep(200)
  }
}
