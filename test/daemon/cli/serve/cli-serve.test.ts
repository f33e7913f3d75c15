import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { processStart } from '../../../../local-daemon/home/process-start.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stopDaemon } from '../../../../local-daemon/cli/serve/stop-daemon.ts'
import { homeAt } from '../../../../local-daemon/home/home.ts'
import { until } from '../../../support/until.ts'
import { runFitting } from '../../../support/cli/run-here.ts'
import { isRunning, startSpl, type SplRun } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { PRIVATE_ADDRESS } from '../../../support/private-address.ts'

let home: ReturnType<typeof aHome>

beforeEach(() => {
  home = aHome()
})

afterEach(async () => {
  await spl('serve', '--stop')
  home[Symbol.dispose]()
})

function spl(...args: string[]): Promise<SplRun> {
  return runFitting(args, { home: home.path })
}

interface Ready {
  readonly pid: number
  readonly address: string
  readonly log: string
  readonly admin_bearer?: string
}

async function startInBackground(): Promise<Ready> {
  const run = await spl('serve', '--daemon', '--port', '0', '--json')
  expect(run).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(run.stdout) as Ready
}

async function status(): Promise<{ code: number | null; status: string; pid: number | null }> {
  const run = await spl('status', '--json')
  return { code: run.code, ...(JSON.parse(run.stdout) as { status: string; pid: number | null }) }
}

/** A pid file whose process lives and began when it says: the strongest forgery there is. */
async function forgePidFile(pid: number): Promise<void> {
  await writeFile(join(home.path, 'run', 'spl.pid'), `${pid}\n${processStart(pid)}\n`)
}

/** Sockets that a process holds. */
async function socketsOf(pid: number): Promise<number> {
  const directory = `/proc/${pid}/fd`
  const names = await readdir(directory)
  const targets = await Promise.all(
    names.map((name) => readlink(join(directory, name)).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith('socket:')).length
}

/** Does something during which this very process must not be told to stop. */
async function withoutSigterm<Done>(work: () => Promise<Done>): Promise<Done> {
  let signals = 0
  const count = (): void => void (signals += 1)
  process.on('SIGTERM', count)
  try {
    return await work()
  } finally {
    await sleep(50)
    process.off('SIGTERM', count)
    expect(signals).toBe(0)
  }
}

describe('spl serve --daemon', () => {
  test('starts, shows the bearer once, is seen, and stops', async () => {
    const ready = await startInBackground()
    expect(ready).toMatchObject({
      object: 'daemon',
      status: 'running',
      home: home.path,
      gateway: null,
      admin_bearer: expect.stringMatching(/^spl_/),
    })
    const answer = await fetch(`${ready.address}/v1/threads`, {
      headers: { authorization: `Bearer ${ready.admin_bearer}` },
    })
    expect(answer.status).toBe(200)

    expect(await status()).toMatchObject({ code: 0, status: 'running', pid: ready.pid })
    const seen = await spl('serve', '--status')
    expect(seen.code).toBe(0)
    expect(seen.stdout).toMatch(/^Status +running\n/)
    expect(seen.stdout).toContain(ready.address)

    const stopped = await spl('serve', '--stop', '--json')
    expect(JSON.parse(stopped.stdout)).toMatchObject({ status: 'stopped', pid: ready.pid })
    expect(stopped.code).toBe(0)
    expect(isRunning(ready.pid)).toBe(false)
    expect(await status()).toMatchObject({ code: 3, status: 'not_running', pid: null })
    expect((await spl('serve', '--stop')).code).toBe(0)

    const again = await startInBackground()
    expect(again.admin_bearer).toBeUndefined()
  })

  test('shows people the bearer once and writes it nowhere', async () => {
    const run = await spl('serve', '--daemon', '--port', '0')
    const bearer = /\bspl_\S+/.exec(run.stdout)?.[0] ?? ''
    expect(bearer).not.toBe('')
    expect(run.stdout.split(bearer)).toHaveLength(2)
    for (const file of ['logs/spl.log', 'logs/stderr.log', 'run/spl.json', 'run/spl.pid']) {
      expect(await readFile(join(home.path, file), 'utf8')).not.toContain(bearer)
    }
  })

  test('refuses a second one and leaves the first alone', async () => {
    const first = await startInBackground()
    const second = await spl('serve', '--daemon', '--port', '0')
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(/^error: .*\[DAEMON_RUNNING\]\ntry: .*spl serve --stop/)
    expect(await status()).toMatchObject({ code: 0, pid: first.pid })
  })

  test('says which port is taken, and leaves nothing running', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const run = await spl('serve', '--daemon', '--port', String(port))
    taken.close()
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/\[PORT_IN_USE\]\ntry: .*--port/)
    expect(await status()).toMatchObject({ code: 3, status: 'not_running', pid: null })
  })

  test('works at home with its gateway away, and status says that it is', async () => {
    const gateway = ['--gateway', 'https://127.0.0.1:1']
    const run = await spl('serve', '--daemon', '--port', '0', '--json', ...gateway)
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: no link to https:.*ECONNREFUSED/u),
    })
    expect(JSON.parse(run.stdout)).toMatchObject({ gateway: 'https://127.0.0.1:1' })
    expect(await spl('intend', 'at home')).toMatchObject({ code: 0 })
    expect(await status()).toMatchObject({
      code: 0,
      status: 'running',
      reachable: false,
      unreachable_reason: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('comes back after kill -9, which leaves a stale pid and socket', async () => {
    const first = await startInBackground()
    process.kill(first.pid, 'SIGKILL')
    while (isRunning(first.pid)) await sleep(10)
    expect(await status()).toMatchObject({ code: 3, status: 'not_running', pid: null })
    const stop = await spl('serve', '--stop', '--json')
    expect(JSON.parse(stop.stdout)).toMatchObject({ status: 'not_running' })
    const second = await startInBackground()
    expect(second.pid).not.toBe(first.pid)
    expect(await status()).toMatchObject({ code: 0, pid: second.pid })
  })
})

describe('spl serve --stop', () => {
  test("never signals a process that only has a crashed daemon's pid", async () => {
    await mkdir(join(home.path, 'run'), { mode: 0o700 })
    await writeFile(join(home.path, 'run', 'spl.pid'), `${process.pid}\n12345\n`)
    let signalled = false
    const listener = (): void => {
      signalled = true
    }
    process.on('SIGTERM', listener)
    const run = await spl('serve', '--stop')
    await sleep(50)
    process.off('SIGTERM', listener)
    expect(signalled).toBe(false)
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('not running') })
  })

  test('knows the daemon by its own answer: it needs no pid file, and a forged one does no harm', async () => {
    const ready = await startInBackground()
    await forgePidFile(process.pid)
    const run = await withoutSigterm(() => spl('serve', '--stop', '--json'))
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'stopped', pid: ready.pid })
    expect(isRunning(ready.pid)).toBe(false)
    await startInBackground()
    await writeFile(join(home.path, 'run', 'spl.pid'), '')
    expect((await spl('serve', '--stop')).stdout).toMatch(/^stopped/)
  })

  test('takes no other process for the daemon if the pid file is forged and none runs', async () => {
    await startInBackground()
    await spl('serve', '--stop')
    await forgePidFile(process.pid)
    const run = await withoutSigterm(() => spl('serve', '--stop'))
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('not running') })
  })

  test('does not guess which process a silent daemon is when its pid file names another', async () => {
    const ready = await startInBackground()
    const path = join(home.path, 'run', 'spl.pid')
    const pidFile = await readFile(path)
    await forgePidFile(process.pid)
    process.kill(ready.pid, 'SIGSTOP')
    try {
      const run = await withoutSigterm(() => spl('serve', '--stop'))
      expect(run.code).toBe(1)
      expect(run.stderr).toContain('[PID_UNKNOWN]')
    } finally {
      process.kill(ready.pid, 'SIGCONT')
    }
    expect(isRunning(ready.pid)).toBe(true)
    await writeFile(path, pidFile)
  })

  test('says what to do about a daemon that does not stop', { timeout: 60_000 }, async () => {
    const ready = await startInBackground()
    process.kill(ready.pid, 'SIGSTOP')
    try {
      expect(await status()).toMatchObject({ code: 3, status: 'not_answering', pid: ready.pid })
      const run = await spl('serve', '--stop')
      expect(run.code).toBe(1)
      expect(run.stderr).toMatch(/\[STOP_TIMEOUT\]\ntry: .*kill -9 \d+/)
      // A restart ends it for sure: the one that hangs is no daemon, and a new one needs its place.
      const began = performance.now()
      const outcome = await stopDaemon(homeAt(home.path), { withinMs: 300, forSure: true })
      expect(outcome).toEqual({ status: 'stopped', pid: ready.pid })
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(isRunning(ready.pid)).toBe(false)
    } finally {
      if (isRunning(ready.pid)) process.kill(ready.pid, 'SIGCONT')
    }
    expect((await startInBackground()).pid).not.toBe(ready.pid)
  })

  test('ends a daemon whose gateway is a proxy that refuses and keeps its connections', async () => {
    const open = new Set<Socket>()
    let tries = 0
    const proxy = createServer((socket) => {
      open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)))
      socket.on('data', () => {
        tries += 1
        socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno')
      })
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const gateway = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
    const run = await spl('serve', '--daemon', '--port', '0', '--json', '--gateway', gateway)
    const { pid } = JSON.parse(run.stdout) as Ready
    const sockets = await socketsOf(pid)
    await until('it has tried some times', () => tries >= 5)
    expect(await socketsOf(pid)).toBeLessThanOrEqual(sockets + 1)
    expect(open.size).toBeLessThanOrEqual(1)
    const again = await spl('serve', '--restart', '--json', '--no-gateway')
    expect(again.code).toBe(0)
    expect(again.stderr).toBe(`stopped (pid ${pid})\n`)
    expect(isRunning(pid)).toBe(false)
    proxy.close()
  })
})

describe('spl serve in the foreground', () => {
  test.for(['SIGINT', 'SIGTERM'] as const)('%s stops it cleanly', async (signal) => {
    const child = startSpl(['serve', '--port', '0', '--json'], { home: home.path })
    const errors = text(child.stderr as Readable)
    const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer]
    const ready = JSON.parse(line.toString()) as Ready
    expect(ready.pid).toBe(child.pid)
    child.kill(signal)
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
    expect(await errors).toBe('stopping\n')
    expect(await status()).toMatchObject({ code: 3, status: 'not_running', pid: null })
  })
})

describe('spl serve --insecure-localhost', () => {
  test('forces loopback and warns at every start', async () => {
    for (let starts = 0; starts < 2; starts += 1) {
      const line = ['serve', '--daemon', '--port', '0', '--insecure-localhost', '--json'] as const
      const run = await spl(...line, '--host', '0.0.0.0')
      expect(run.code).toBe(0)
      expect(run.stderr).toMatch(/^warning: --insecure-localhost: .+\ntry: spl serve --stop/)
      const { address } = JSON.parse(run.stdout) as Ready
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:/)
      expect((await fetch(`${address}/v1/threads`)).status).toBe(200)
      expect(await (await fetch(`${address}/health`)).text()).not.toContain('insecure')
      await spl('serve', '--stop')
    }
  })
})

describe('SPL_BOOTSTRAP_TOKEN', () => {
  const start = (token: string) =>
    runFitting(['serve', '--daemon', '--port', '0'], {
      home: home.path,
      env: { SPL_BOOTSTRAP_TOKEN: token },
    })

  test('takes the place of the bearer that the first start shows', async () => {
    const run = await start('a-token-of-the-environment')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).not.toMatch(/spl_[a-z0-9]+_sa/)
    expect(run.stdout).toContain('spl service-account create --bootstrap')
    const made = await spl('service-account', 'create', '--bootstrap', '--name', 'root')
    expect(made.code).toBe(0)
    expect(made.stdout).toMatch(/^spl_prod_sa_\S+\n$/)
    const late = await spl('service-account', 'create', '--bootstrap', '--name', 'root')
    expect(late.stderr).toMatch(/\[BOOTSTRAP_CLOSED\]\ntry: \S/)
    await spl('serve', '--stop')
    expect((await start('a-token-of-the-environment')).stdout).not.toContain('--bootstrap')
  })

  test.each(['short', 'with a blank in it, which no token has', 'ä'.repeat(20)])(
    '%s is warned about and ignored',
    async (token) => {
      const run = await start(token)
      expect(run.stderr).toMatch(
        /^warning: SPL_BOOTSTRAP_TOKEN is not valid and is ignored\ntry: \S/,
      )
      expect(run.stdout).toMatch(/spl_prod_sa_/)
    },
  )
})

describe.runIf(PRIVATE_ADDRESS !== undefined)('spl serve --host on a private network', () => {
  test('warns of plain HTTP, and status says who can reach it', async () => {
    const host = ['--host', PRIVATE_ADDRESS ?? '']
    const run = await spl('serve', '--daemon', '--port', '0', '--json', ...host)
    expect(run.code).toBe(0)
    const ready = JSON.parse(run.stdout) as Ready & Record<string, unknown>
    expect(ready['exposure']).toBe('private')
    expect(ready['warnings']).toEqual([expect.stringMatching(/plain HTTP: anyone on the same/)])
    expect(run.stderr).toMatch(/^warning: bearer tokens and records are sent as plain HTTP/)
    expect((await fetch(`${ready.address}/health`)).status).toBe(200)
    const seen = await spl('status', '--json')
    expect(JSON.parse(seen.stdout)).toMatchObject({ exposure: 'private', address: ready.address })
    expect((await spl('status')).stdout).toMatch(/^Exposure +private network, plain HTTP$/m)
    // The command line goes over the socket, and does not care.
    expect((await spl('intend', 'from here')).code).toBe(0)
  })
})
