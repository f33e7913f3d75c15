import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { sendRequest } from '../../local-daemon/cli/client/send-request.ts'
import { EventReader } from '../support/clients/events.ts'
import { nothingRuns } from '../support/processes-of.ts'
import { getPublic } from '../support/clients/public-request.ts'
import { isRunning } from '../support/cli/run-spl.ts'
import { aCleanUser, type CleanUser } from './a-clean-user.ts'
import { anInstallation, type Installation } from './an-installation.ts'
import { measureInstallation } from './measure-installation.ts'
import { NODE_VERSIONS } from './node-versions.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const tarball = inject('tarball')

interface Report {
  readonly pid: number
  readonly home: string
  readonly admin_bearer: string
}

interface Checked {
  readonly checks: readonly { readonly name: string; readonly status: string }[]
}

interface Gateway {
  readonly url: string
  readonly cacert: string
  readonly workerd_pid: number
}

/** One person, one machine, in order: each step stands on those before. */
describe.each(NODE_VERSIONS)('the tarball on a clean machine with Node.js %s', (nodeVersion) => {
  let installed: Installation
  let user: CleanUser
  let bins: readonly string[]
  let gatewayProcess: ChildProcess | undefined
  let gateway: Gateway
  let thread: string
  let phone: { readonly url: string; readonly token: string; readonly device: string }
  let before: ReturnType<typeof measureInstallation>

  beforeAll(async () => {
    installed = await anInstallation(nodeVersion)
    await installed.install(tarball.path)
    user = aCleanUser()
    bins = [installed.splBin, installed.nodeBin]
    before = measureInstallation(installed.prefix)
  })

  afterAll(async () => {
    gatewayProcess?.kill('SIGTERM')
    await user.run(bins, 'spl', ['serve', '--stop'])
    user[Symbol.dispose]()
    installed[Symbol.dispose]()
  })

  test('spl is the installed one, on this Node.js', async () => {
    expect(realpathSync(join(installed.splBin, 'spl'))).toBe(
      realpathSync(join(installed.packageRoot, 'dist/local-daemon/cli/main.js')),
    )
    const version = await user.json(bins, 'version')
    expect(version).toMatchObject({ version: manifest.version, node: nodeVersion })
    expect((await user.spl(bins, '--help')).stdout).toMatch(/^Usage: spl /)
  })

  test('spl serve --daemon makes a home, from the installed files alone', async () => {
    const report = await user.json<Report>(bins, 'serve', '--daemon', '--port', '0')
    expect(report.home).toBe(join(user.directory, 'home/.syncro'))
    expect(report.admin_bearer).toMatch(/^spl_prod_/)
    if (process.platform !== 'linux') return
    for (const list of ['cmdline', 'maps']) {
      const files = readFileSync(`/proc/${report.pid}/${list}`, 'utf8')
      expect(files).toContain(installed.directory)
      expect(files).not.toContain(ROOT)
    }
  })

  test('records are written and listed', async () => {
    const record = await user.json<{ thread: string }>(bins, 'intend', 'make tea')
    thread = record.thread
    const { data } = await user.json<{ data: readonly unknown[] }>(bins, 'thread', 'list')
    expect(data[0]).toMatchObject({ id: thread, goal: 'make tea' })
  })

  test('spl gateway serve answers', async () => {
    const line = ['gateway', 'serve', '--self-signed', '--port', '0', '--json']
    gatewayProcess = user.start(bins, ...line)
    const [data] = (await once(gatewayProcess.stdout as Readable, 'data')) as [Buffer]
    gateway = JSON.parse(data.toString()) as Gateway
    expect(await getPublic(`${gateway.url}/v1/threads`, gateway.cacert)).toMatchObject({
      status: 401,
    })
  })

  test('the daemon connects to it, and is reached through the public hostname', async () => {
    const { url, cacert } = gateway
    await user.spl(bins, 'serve', '--stop')
    const line = ['serve', '--daemon', '--port', '0', '--gateway', url, '--gateway-ca', cacert]
    await user.spl(bins, ...line)
    await expect
      .poll(() => user.json(bins, 'status'), { timeout: 30_000 })
      .toMatchObject({ status: 'running', reachable: true, gateway: url })
  })

  test('spl expose hardens it, and proves it from outside', async () => {
    const { url, cacert } = gateway
    const line = ['expose', 'peer', '--gateway', url, '--gateway-ca', cacert, '--yes']
    const exposure = await user.json<Checked>(bins, ...line)
    expect(exposure).toMatchObject({ object: 'exposure', applied: true, url })
    expect(exposure.checks.map(({ name }) => name)).toContain('streaming')
  })

  test('spl pair gives a phone a bearer that opens the public address', async () => {
    const line = ['pair', '--device', 'phone', '--url', gateway.url, '--no-qr']
    phone = JSON.parse((await user.spl(bins, ...line)).stdout) as typeof phone
    expect(phone).toMatchObject({ url: gateway.url, device: 'phone' })
    expect((await ask('/v1/threads', phone.token)).body).toContain(thread)
    const forged = `${phone.token.slice(0, -4)}1111`
    expect(await ask('/v1/threads', forged)).toMatchObject({ status: 401 })
  })

  test('the phone follows what is written', async () => {
    const answer = await sendRequest(
      { origin: new URL(gateway.url), ca: readFileSync(gateway.cacert, 'utf8') },
      {
        method: 'GET',
        path: `/v1/sync/subscribe?thread=${thread}`,
        headers: { authorization: `Bearer ${phone.token}`, accept: 'text/event-stream' },
        silenceMs: 30_000,
      },
    )
    const events = new EventReader(new Response(Readable.toWeb(answer) as ReadableStream))
    await events.upTo('ready')
    await user.spl(bins, 'do', 'boil water', '--thread', thread)
    const last = (await events.upTo('record')).at(-1)
    expect(last).toMatchObject({ data: expect.stringContaining('boil water') })
    await events.cancel()
  })

  test('spl doctor finds nothing wrong', async () => {
    // Exit code 0: no check has failed, and none warns.
    const { checks } = await user.json<Checked>(bins, 'doctor')
    expect(checks.length).toBeGreaterThan(20)
    expect(checks.filter(({ status }) => status === 'warn' || status === 'fail')).toEqual([])
  })

  test('everything stops, and nothing is left outside of the home', async () => {
    gatewayProcess?.kill('SIGTERM')
    const [code] = (await once(gatewayProcess as ChildProcess, 'close')) as [number | null]
    expect(code).toBe(0)
    expect(isRunning(gateway.workerd_pid)).toBe(false)
    await user.spl(bins, 'serve', '--stop')
    await nothingRuns(installed.directory)
    await nothingRuns(user.directory)
    expect(user.litter()).toEqual([])
    expect(measureInstallation(installed.prefix)).toEqual(before)
    expect(existsSync(join(user.directory, 'home/.syncro/hub.db'))).toBe(true)
  })

  function ask(path: string, bearer: string) {
    return getPublic(gateway.url + path, gateway.cacert, { authorization: `Bearer ${bearer}` })
  }
})
