import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import {
  aHomeWithIdentity,
  type HomeWithIdentity,
} from '../../support/daemon/a-home-with-identity.ts'
import { until } from '../../support/until.ts'
import { nothingRuns } from '../../support/processes-of.ts'
import { getPublic } from '../../support/clients/public-request.ts'
import { isRunning, MAIN, runSpl, startSpl } from '../../support/cli/run-spl.ts'

let home: HomeWithIdentity
const started: ChildProcess[] = []

beforeEach(() => {
  home = aHomeWithIdentity()
})

afterEach(async () => {
  try {
    await nothingRuns(home.path)
  } finally {
    // What a failed test has left.
    for (const child of started.splice(0)) child.kill('SIGKILL')
    home[Symbol.dispose]()
  }
})

interface Ready {
  readonly url: string
  readonly cacert: string
  readonly pid: number
  readonly workerd_pid: number
}

async function serve(
  port = '0',
): Promise<{ child: ChildProcess; ready: Ready; errors: Promise<string> }> {
  const line = ['gateway', 'serve', '--self-signed', '--port', port, '--json']
  const child = startSpl(line, { home: home.path })
  started.push(child)
  const errors = text(child.stderr as Readable)
  const [data] = (await once(child.stdout as Readable, 'data')) as [Buffer]
  return { child, ready: JSON.parse(data.toString()) as Ready, errors }
}

describe('spl gateway serve', () => {
  test('serves the daemon of the home, and SIGTERM stops it', async () => {
    const { child, ready } = await serve()
    expect(ready).toMatchObject({ object: 'gateway', url: expect.stringMatching(/^https:/) })
    expect(readFileSync(ready.cacert, 'utf8')).toContain('BEGIN CERTIFICATE')
    expect(await getPublic(`${ready.url}/v1/threads`, ready.cacert)).toMatchObject({ status: 401 })
    child.kill('SIGTERM')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
    expect(ready.pid).toBe(child.pid)
    expect(isRunning(ready.workerd_pid)).toBe(false)
  })

  test('stops within three seconds although event streams are open, and lets one that is started meanwhile follow', async () => {
    const { child, ready, errors } = await serve()
    const tunnel = { gatewayUrl: ready.url, cacert: ready.cacert }
    const logger = pino({ level: 'silent' })
    await using daemon = await startDaemon({ home: home.path, port: 0, logger, tunnel })
    await until('connected', () => daemon.tunnel?.status.state === 'connected')
    const ca = readFileSync(ready.cacert)
    const headers = { authorization: `Bearer ${daemon.adminBearer}` }
    for (let stream = 0; stream < 2; stream += 1) {
      const asked = get(`${ready.url}/v1/sync/subscribe?thread=th_quiet`, { ca, headers })
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.on('error', () => {}).resume()
    }
    const before = performance.now()
    child.kill('SIGTERM')
    const gone = once(child, 'close')
    const next = serve(new URL(ready.url).port)
    expect(await gone).toEqual([0, null])
    expect(performance.now() - before).toBeLessThan(3_000)
    expect(await errors).not.toContain('left open')
    const { child: second, ready: again } = await next
    expect(again.url).toBe(ready.url)
    second.kill('SIGTERM')
    expect((await once(second, 'close'))[0]).toBe(0)
  })

  test('takes umlauts, blanks and quotes in every path: certificate, key, storage, and the daemon’s', async () => {
    const { child: first, ready: made } = await serve()
    first.kill('SIGTERM')
    await once(first, 'close')
    const odd = join(home.path, "Zoë's “files”")
    mkdirSync(odd, { mode: 0o700 })
    const [cert, key] = [join(odd, 'zertifikät 1.pem'), join(odd, "schlüssel '2'.pem")] as const
    copyFileSync(made.cacert, cert)
    copyFileSync(join(dirname(made.cacert), 'key.pem'), key)
    const files = ['--tls-cert', cert, '--tls-key', key, '--storage', join(odd, 'gäte way')]
    const child = startSpl(['gateway', 'serve', ...files, '--port', '0', '--json'], {
      home: home.path,
    })
    const [data] = (await once(child.stdout as Readable, 'data')) as [Buffer]
    const { url } = JSON.parse(data.toString()) as Ready
    const gateway = ['--gateway', url, '--gateway-ca', cert]
    const line = [
      'serve',
      '--daemon',
      '--new-store',
      '--port',
      '0',
      '--store',
      join(odd, 'hüb “1”.db'),
      ...gateway,
    ]
    expect(await runSpl(line, { home: home.path })).toMatchObject({ code: 0 })
    const again = await runSpl(['serve', '--restart'], { home: home.path })
    expect(again).toMatchObject({ code: 0 })
    expect(again.stdout).toContain(join(odd, 'hüb “1”.db'))
    const status = await runSpl(['gateway', 'status', '--json'], { home: home.path })
    expect(status).toMatchObject({ code: 0 })
    await runSpl(['serve', '--stop'], { home: home.path })
    child.kill('SIGTERM')
    expect((await once(child, 'close'))[0]).toBe(0)
  })

  test('tells at its machine how often it refused what, and when last, and nothing of who asked', async () => {
    const { child, ready } = await serve()
    const { port } = new URL(ready.url)
    const forged = `spl_prod_sa_0123456789abcdef_${'A'.repeat(64)}`
    for (let times = 0; times < 3; times += 1)
      expect(await getPublic(`${ready.url}/v1/threads`, ready.cacert)).toMatchObject({
        status: 401,
      })
    for (let times = 0; times < 2; times += 1)
      await getPublic(`${ready.url}/v1/threads`, ready.cacert, {
        authorization: `Bearer ${forged}`,
      })
    const raw = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false })
    raw.write('GET / HTTP/2.0\r\n\r\n')
    expect(await text(raw)).toContain('INVALID_REQUEST')
    const file = join(home.path, 'gateway', 'refusals.json')
    await until(
      'it is written',
      () => existsSync(file) && readFileSync(file, 'utf8').includes('INVALID_REQUEST'),
    )
    const line = ['gateway', 'status', '--url', ready.url, '--ca', ready.cacert]
    const told = await runSpl([...line, '--json'], { home: home.path })
    const { refusals } = JSON.parse(told.stdout) as {
      refusals: { since: number; by_code: Record<string, { count: number; last_at: number }> }
    }
    expect(refusals.by_code).toMatchObject({
      AUTH_REQUIRED: { count: 3, last_at: expect.any(Number) },
      AUTH_INVALID: { count: 2 },
      INVALID_REQUEST: { count: 1 },
    })
    expect(refusals.by_code['AUTH_INVALID']?.last_at).toBeGreaterThan(refusals.since)
    const shown = await runSpl(line, { home: home.path })
    expect(shown.stdout).toContain('\nRefused by the gateway on this machine since ')
    expect(shown.stdout).toMatch(/^AUTH_REQUIRED +3 +\d{4}-/mu)
    const kept = readFileSync(file, 'utf8')
    expect(kept).not.toContain('spl_')
    expect(kept).not.toContain('127.0.0.1')
    child.kill('SIGTERM')
    await once(child, 'close')
  })

  test('leaves no workerd behind when it is killed with SIGKILL', async () => {
    const { child, ready } = await serve()
    child.kill('SIGKILL')
    await once(child, 'close')
    for (let tries = 0; isRunning(ready.workerd_pid) && tries < 100; tries++) await sleep(20)
    expect(isRunning(ready.workerd_pid)).toBe(false)
  })

  test('explains a port that this user may not have', async ({ skip }) => {
    const path = '/proc/sys/net/ipv4/ip_unprivileged_port_start'
    if (!existsSync(path) || Number(readFileSync(path, 'utf8')) <= 443) {
      skip('anybody may listen on port 443 here')
    }
    const serving = [process.execPath, MAIN, 'gateway', 'serve', '--self-signed', '--port', '443']
    // Root without the one capability may listen there as little as anybody else.
    const drop = ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service']
    const line = [...(process.getuid?.() === 0 ? drop : []), ...serving, `--home=${home.path}`]
    const child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] })
    const errors = await text(child.stderr)
    expect(errors).toMatch(/\[PORT_FORBIDDEN\]\ntry: .*--install-service/)
  })

  test('starts workerd again when it is gone, on the same port, and says so', async () => {
    const { child, ready, errors } = await serve()
    // Before that line a request may still reach the process that is ending, and be cut with it.
    const gone = new Promise((resolve) => {
      child.stderr?.on('data', (text) => String(text).includes('workerd is gone') && resolve(text))
    })
    process.kill(ready.workerd_pid, 'SIGKILL')
    await gone
    const before = performance.now()
    expect(await getPublic(`${ready.url}/v1/threads`, ready.cacert)).toMatchObject({ status: 401 })
    expect(performance.now() - before).toBeLessThan(8_000)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
    expect(await errors).toContain('workerd is gone (SIGKILL); it is started again')
  })
})
