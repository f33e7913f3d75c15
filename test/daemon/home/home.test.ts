import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { homeAt, resolveHome } from '../../../local-daemon/home/home.ts'
import { readRunningPid } from '../../../local-daemon/home/pid-file.ts'
import { processStart } from '../../../local-daemon/home/process-start.ts'
import { HTTP_LIMITS } from '../../../local-daemon/http/limits.ts'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { aDaemon, aDraft, aHome, overSocket } from '../../support/daemon/a-daemon.ts'

const logger = pino({ level: 'silent' })
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const start = (home: string) => startDaemon({ home, port: 0, logger })

/** Waits for a server to listen, as a program of somebody else would. */
async function listening(server: Server, on: string | number): Promise<Server> {
  await new Promise<void>((resolve) => {
    if (typeof on === 'number') server.listen(on, '127.0.0.1', resolve)
    else server.listen(on, resolve)
  })
  return server
}

describe('the home directory', () => {
  it('is SYNCROPEL_HOME, else ~/.syncro', () => {
    expect(resolveHome({ SYNCROPEL_HOME: '/x/y' }).database).toBe('/x/y/hub.db')
    expect(resolveHome({}).root).toBe(join(homedir(), '.syncro'))
    expect(resolveHome({ SYNCROPEL_HOME: '' }).root).toBe(join(homedir(), '.syncro'))
  })

  it('is made with modes that keep others out', async () => {
    using home = aHome()
    const root = join(home.path, 'new', 'home')
    await using daemon = await startDaemon({ home: root, port: 0 })
    const paths = daemon.home
    for (const path of [paths.root, paths.keys, paths.run, paths.logs, paths.gateway]) {
      expect([path, modeOf(path)]).toEqual([path, '700'])
    }
    await daemon.store.append(aDraft())
    for (const path of [
      paths.instanceKey,
      paths.database,
      `${paths.database}-wal`,
      `${paths.database}-shm`,
      paths.socket,
      paths.pidFile,
      paths.lockFile,
      paths.logFile,
    ]) {
      expect([path, modeOf(path)]).toEqual([path, '600'])
    }
  })

  it('that others can reach is refused with the command that closes it', async () => {
    using home = aHome()
    writeFileSync(join(home.path, 'notes'), '')
    chmodSync(home.path, 0o755)
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'HOME_MODE_TOO_OPEN',
      try: `chmod 700 ${home.path}`,
    })
    expect(modeOf(home.path)).toBe('755')
  })

  it('that is empty and ours is closed', async () => {
    using home = aHome()
    chmodSync(home.path, 0o755)
    await using _daemon = await start(home.path)
    expect(modeOf(home.path)).toBe('700')
  })
})

describe('the identity', () => {
  it('is made once and stays', async () => {
    using home = aHome()
    const first = await start(home.path)
    await first.stop()
    await using second = await start(home.path)
    expect(second.identity.did).toBe(first.identity.did)
    expect(first.adminBearer).toMatch(/^spl_prod_sa_/)
    expect(second.adminBearer).toBeUndefined()
    expect(readFileSync(second.home.instanceKey, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  })

  it.each([0o640, 0o604, 0o644, 0o660])('with mode %o is refused', async (mode) => {
    using home = aHome()
    await (await start(home.path)).stop()
    const key = homeAt(home.path).instanceKey
    chmodSync(key, mode)
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'KEY_MODE_TOO_OPEN',
      try: `chmod 600 ${key}`,
    })
    chmodSync(key, 0o600)
    await (await start(home.path)).stop()
  })

  it('in a directory that others can reach is refused', async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    const { keys } = homeAt(home.path)
    chmodSync(keys, 0o750)
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'HOME_MODE_TOO_OPEN',
      try: `chmod 700 ${keys}`,
    })
  })

  it('that is gone is not replaced while there is a store that it signed', async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    const { instanceKey, database } = homeAt(home.path)
    renameSync(instanceKey, `${instanceKey}.away`)
    await expect(start(home.path)).rejects.toMatchObject({ code: 'KEY_MISSING' })
    expect(existsSync(instanceKey)).toBe(false)
    rmSync(database)
    await (await start(home.path)).stop()
  })

  it('that is damaged is refused and not replaced', async () => {
    using home = aHome()
    await (await start(home.path)).stop()
    const key = homeAt(home.path).instanceKey
    writeFileSync(key, 'not a key')
    await expect(start(home.path)).rejects.toMatchObject({ code: 'KEY_UNREADABLE' })
    expect(readFileSync(key, 'utf8')).toBe('not a key')
  })
})

describe('one daemon a home', () => {
  it('a second one is refused, and says which process to stop', async () => {
    using home = aHome()
    await using first = await start(home.path)
    await expect(start(home.path)).rejects.toMatchObject({
      code: 'DAEMON_RUNNING',
      message: expect.stringContaining(`pid ${process.pid}`),
      try: expect.stringContaining('spl serve --stop'),
    })
    expect(readRunningPid(first.home.pidFile)).toBe(process.pid)
    expect((await overSocket(first.addresses.socket, '/health')).status).toBe(200)
  })

  it('also between processes, of which exactly one of many wins', { timeout: 60_000 }, async () => {
    using home = aHome()
    const children = Array.from({ length: 4 }, () => serve(home.path))
    const outcomes = await Promise.all(children.map(({ outcome }) => outcome))
    const running = outcomes.filter((line) => line.startsWith('started'))
    expect(running).toHaveLength(1)
    expect(outcomes.filter((line) => line === 'DAEMON_RUNNING')).toHaveLength(3)
    for (const { child } of children) child.kill('SIGKILL')
  })

  it(
    'one that was killed is no obstacle, whatever files it left',
    { timeout: 60_000 },
    async () => {
      using home = aHome()
      const { child, outcome } = serve(home.path)
      expect(await outcome).toMatch(/^started/)
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGKILL')
      await closed
      const { pidFile, socket } = homeAt(home.path)
      expect([existsSync(pidFile), existsSync(socket)]).toEqual([true, true])
      expect(readRunningPid(pidFile)).toBeUndefined()
      await using daemon = await start(home.path)
      expect((await overSocket(daemon.addresses.socket, '/health')).status).toBe(200)
    },
  )

  it('a pid that now belongs to another process is not taken for the daemon', () => {
    using home = aHome()
    const path = join(home.path, 'spl.pid')
    writeFileSync(path, `${process.pid}\n${processStart(process.pid)}\n`)
    expect(readRunningPid(path)).toBe(process.pid)
    writeFileSync(path, `${process.pid}\n1\n`)
    expect(readRunningPid(path)).toBeUndefined()
    for (const text of ['', '-1\n1\n', '0\n\n', 'x\ny\n', '99999999\n1\n']) {
      writeFileSync(path, text)
      expect(readRunningPid(path)).toBeUndefined()
    }
  })
})

describe('a place that is taken', () => {
  it('a busy port is named, with another one to try, and nothing is left running', async () => {
    using home = aHome()
    const other = await listening(createServer(), 0)
    const { port } = other.address() as { port: number }
    await expect(startDaemon({ home: home.path, port, logger })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(
        process.platform === 'linux'
          ? new RegExp(`${port} on 127.0.0.1 is taken by .+ \\(pid ${process.pid}\\)`)
          : String(port),
      ),
      try: expect.stringContaining('--port'),
    })
    expect(existsSync(homeAt(home.path).pidFile)).toBe(false)
    other.close()
    // The failed start was the first one, and did not use up the bearer that is shown once.
    await using daemon = await start(home.path)
    expect(daemon.adminBearer).toMatch(/^spl_prod_sa_/)
  })

  it('a socket that somebody answers on, or a file in its place, is left alone', async () => {
    using home = aHome()
    const { run, socket } = homeAt(home.path)
    mkdirSync(run, { mode: 0o700 })
    const other = await listening(createServer(), socket)
    await expect(start(home.path)).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
    expect(existsSync(socket)).toBe(true)
    await new Promise((resolve) => other.close(resolve))
    writeFileSync(socket, 'mine')
    await expect(start(home.path)).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
    expect(readFileSync(socket, 'utf8')).toBe('mine')
  })

  it('a path too long for a socket is explained', async () => {
    using home = aHome()
    const long = join(home.path, 'x'.repeat(100))
    await expect(start(long)).rejects.toMatchObject({
      code: 'SOCKET_PATH_TOO_LONG',
      try: expect.stringContaining('SYNCROPEL_HOME'),
    })
  })

  it.each([
    ['0.0.0.0', 'HOST_WILDCARD'],
    ['0', 'HOST_WILDCARD'],
    ['::', 'HOST_WILDCARD'],
    ['::ffff:0.0.0.0', 'HOST_WILDCARD'],
    ['8.8.8.8', 'HOST_PUBLIC'],
    ['example.org', 'HOST_INVALID'],
  ])('%s is nowhere that the daemon listens: %s', async (host, code) => {
    using home = aHome()
    await expect(startDaemon({ home: home.path, host, port: 0, logger })).rejects.toMatchObject({
      code,
    })
  })

  it('an address that this machine does not have is refused with those that it has', async () => {
    using home = aHome()
    const host = '10.254.253.252'
    await expect(startDaemon({ home: home.path, host, port: 0, logger })).rejects.toMatchObject({
      code: 'HOST_NOT_HERE',
      try: expect.stringContaining('--host'),
    })
  })
})

describe('stop', () => {
  it('finishes what was accepted, folds the log, removes its files, and can be called again', async () => {
    const at = await aDaemon()
    const { home, store } = at.daemon
    const posts = Array.from({ length: 20 }, (_, clock) =>
      at.post('/v1/records', aDraft({ clock })),
    )
    const append = store.append(aDraft({ thread: 'th_last' }))
    const [, ...answers] = await Promise.all([at.daemon.stop(), ...posts.map(settled)])
    expect((await append).created).toBe(true)
    for (const status of answers) expect([201, undefined]).toContain(status)
    expect(existsSync(home.socket)).toBe(false)
    expect(existsSync(home.pidFile)).toBe(false)
    expect(existsSync(`${home.database}-wal`)).toBe(false)
    await expect(at.get('/health')).rejects.toThrow('fetch failed')
    await at[Symbol.asyncDispose]()
  })
})

describe('a client that never reads', () => {
  it('does not keep the daemon from stopping', { timeout: 20_000 }, async () => {
    const at = await aDaemon()
    const text = 'x'.repeat(1_000_000)
    for (let i = 0; i < 16; i += 1) await at.daemon.store.append(aDraft({ body: { text } }))
    const stalled = [
      await at.get('/v1/records?thread=th_test'),
      await at.get('/v1/sync/subscribe?thread=th_test'),
    ]
    const began = Date.now()
    await at.daemon.stop()
    expect(Date.now() - began).toBeLessThan(HTTP_LIMITS.drainMs + 2_000)
    // What was cut is an error to who reads it, never a short success.
    await expect(stalled[0]?.text()).rejects.toThrow('terminated')
    await at[Symbol.asyncDispose]()
  })
})

describe('the log', () => {
  it('is JSON lines without a token', async () => {
    using home = aHome()
    const daemon = await startDaemon({ home: home.path, port: 0 })
    const { tcp } = daemon.addresses
    const token = daemon.adminBearer ?? ''
    for (const authorization of [`Bearer ${token}`, `Bearer ${token}x`]) {
      await fetch(`http://127.0.0.1:${tcp.port}/v1/threads`, { headers: { authorization } })
    }
    daemon.logger.info({ authorization: token, headers: { authorization: token } }, 'redact me')
    await daemon.stop()
    const text = readFileSync(daemon.home.logFile, 'utf8')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string })
    expect(lines.map(({ msg }) => msg)).toEqual(['daemon started', 'redact me', 'daemon stopping'])
    expect(token).not.toBe('')
    expect(text).not.toContain(token)
  })
})

describe.runIf(process.platform === 'linux')('a log on a full disk', () => {
  it('does not end the daemon', async () => {
    using home = aHome()
    const { logs, logFile } = homeAt(home.path)
    mkdirSync(logs, { mode: 0o700 })
    symlinkSync('/dev/full', logFile)
    await using daemon = await startDaemon({ home: home.path, port: 0 })
    daemon.logger.error('nowhere to go')
    expect((await overSocket(daemon.addresses.socket, '/health')).status).toBe(200)
  })
})

function settled(answer: Promise<Response>): Promise<number | undefined> {
  return answer.then(
    ({ status }) => status,
    () => undefined,
  )
}

/** A daemon in a process of its own; `outcome` is `started` or the code of its refusal. */
function serve(home: string): { readonly child: ChildProcess; readonly outcome: Promise<string> } {
  const script = fileURLToPath(new URL('../../support/daemon/serve-home.ts', import.meta.url))
  const child = spawn(process.execPath, [script, home], { stdio: ['ignore', 'pipe', 'inherit'] })
  const outcome = new Promise<string>((resolve) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()))
    child.once('close', () => resolve('closed'))
  })
  return { child, outcome }
}
