import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { canMount, mountSmallDisk, type SmallDisk } from '../../support/daemon/small-disk.ts'
import { until } from '../../support/until.ts'
import { getPublic } from '../../support/clients/public-request.ts'
import { runSpl, startSpl } from '../../support/cli/run-spl.ts'

const mounts = canMount()

test.runIf(process.env['CI'] !== undefined && process.platform === 'linux')(
  'this machine can mount a disk of its own for the tests of a full one',
  () => expect(mounts).toBe(true),
)

describe.runIf(mounts)('a gateway whose disk is full', () => {
  const home = aHome()
  let disk: SmallDisk
  let gateway: ChildProcess
  let errors = ''
  let known: readonly string[] = []
  let ask: (path?: string) => ReturnType<typeof getPublic>
  let ca: string
  let url: string

  beforeAll(async () => {
    const storage = join(home.path, 'small')
    mkdirSync(storage, { mode: 0o700 })
    disk = mountSmallDisk(storage)
    const first = await runSpl(['serve', '--daemon', '--port', '0', '--json'], { home: home.path })
    const { admin_bearer: bearer } = JSON.parse(first.stdout) as { admin_bearer: string }
    const line = ['gateway', 'serve', '--self-signed', '--port', '0', '--storage', storage]
    gateway = startSpl([...line, '--json'], { home: home.path })
    gateway.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()))
    const [data] = (await once(gateway.stdout as Readable, 'data')) as [Buffer]
    const ready = JSON.parse(data.toString()) as { url: string; cacert: string }
    url = ready.url
    ca = ready.cacert
    await restart(['--gateway', url, '--gateway-ca', ca])
    ask = (path = '/v1/identity') =>
      getPublic(`${url}${path}`, ca, { authorization: `Bearer ${bearer}` })
    await until('it serves', async () => (await ask()).status === 200)
    disk.fill()
    known = logs()
  }, 60_000)

  afterAll(async () => {
    await runSpl(['serve', '--stop'], { home: home.path })
    gateway.kill('SIGTERM')
    await once(gateway, 'close')
    disk[Symbol.dispose]()
    home[Symbol.dispose]()
  }, 30_000)

  /** Logs of what the objects keep. */
  function logs(): string[] {
    const storage = join(home.path, 'small', 'storage')
    const files = readdirSync(storage, { recursive: true, encoding: 'utf8' })
    return files.filter((file) => file.endsWith('.sqlite-wal')).map((file) => join(storage, file))
  }

  /** When anything was last written to those that were there before, milliseconds since 1970. */
  function writtenAt(): number {
    return Math.max(...known.map((file) => statSync(file).mtimeMs))
  }

  function restart(more: readonly string[] = []) {
    return runSpl(['serve', '--restart', ...more], { home: home.path })
  }

  test('keeps serving, and takes a daemon that connects again; what fails in between says why, with a code', async () => {
    expect(await ask()).toMatchObject({ status: 200 })
    await restart()
    const told: Awaited<ReturnType<typeof ask>>[] = []
    await until('it serves again', async () => {
      const answer = await ask()
      told.push(answer)
      return answer.status === 200
    })
    for (const { status, body } of told.filter(({ status: code }) => code !== 200)) {
      expect(status).toBe(503)
      expect(JSON.parse(body)).toMatchObject({ object: 'error', hop: 'gateway' })
      expect(['GATEWAY_STORAGE_FULL', 'TUNNEL_OFFLINE']).toContain(JSON.parse(body).code)
    }
    // And stays so: nothing is tried again at the daemon's cost.
    for (let times = 0; times < 8; times += 1) {
      expect(await ask()).toMatchObject({ status: 200 })
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })

  test('says so on its own output and in spl gateway status', async () => {
    await until('it is told', () => errors.includes('the disk of'))
    const line = ['gateway', 'status', '--storage', join(home.path, 'small')]
    const status = await runSpl(line, { home: home.path })
    expect(status.stdout + status.stderr).toContain('GATEWAY_STORAGE_FULL')
  })

  test('goes on by itself once there is room, and then remembers what it was told meanwhile', async () => {
    const freedAt = Date.now()
    disk.free()
    await until('it is told', () => errors.includes('has room again'))
    await until('it is written', async () => {
      expect(await ask()).toMatchObject({ status: 200 })
      return writtenAt() > freedAt
    })
  })
})
