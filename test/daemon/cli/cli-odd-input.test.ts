import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cutText } from '../../../local-daemon/cli/output/cut-text.ts'
import { printable } from '../../../local-daemon/cli/output/printable.ts'
import { fields, table } from '../../../local-daemon/cli/output/table.ts'
import { padText, textWidth } from '../../../local-daemon/cli/output/text-width.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { startDaemon } from '../../../local-daemon/daemon.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import { MAIN } from '../../support/cli/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { plain } from '../../support/cli/plain.ts'
import { commandTree } from './command-tree.ts'

const logger = pino({ level: 'silent' })

let served: TestDaemon
beforeAll(async () => {
  served = await aDaemon()
})
afterAll(() => served[Symbol.asyncDispose]())

const spl = (...words: string[]) => runFitting(words, { home: served.daemon.home.root })

describe('an empty id, as an unset variable of a shell leaves it, is a wrong command line:', () => {
  test.for([
    ['thread', 'records', ''],
    ['intend', 'tea', '--thread', ''],
    ['intend', 'tea', '--actor', ''],
    ['service-account', 'describe', ''],
    ['service-account', 'revoke', ''],
    ['service-account', 'create', '--name', ''],
    ['token', 'create', '--sa', ''],
    ['token', 'list', '--sa', ''],
    ['token', 'rotate', ' '],
    ['token', 'revoke', '00000000', '--sa', ''],
    ['token', 'revoke', '', '--sa', 'sa_0000000000000000'],
    ['pair', 'cancel', ''],
    ['pair', '--device', '', '--url', 'https://localhost:1'],
    ['config', 'get', ''],
    ['config', 'set', '', 'true'],
    ['gateway', 'revoke', ''],
    ['login', 'https://localhost:1', '--did', ''],
    ['restore', ''],
    ['backup', 'verify', ' '],
    ['backup', 'remove', '', '--yes'],
    ['identity', 'restore', ''],
    ['token', 'save', ''],
    ['pair', 'redeem', ''],
    ['gateway', 'join', ''],
  ])('spl %j', async (words) => {
    const before = served.daemon.store.head()
    const run = await spl(...words)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: .+ \[[A-Z_]+\]\ntry: \S/u)
    expect(served.daemon.store.head()).toBe(before)
  })
})

describe('no command takes an empty argument, unless it means something there:', () => {
  // An empty text is a text, an empty list empties a setting, and the last word of a line that is completed may not be begun.
  const meant = /^(?:intend|do|know|learn|search|help|config set|config auth-set-cors-origins)$/u
  const takers = commandTree().filter(({ command }) => command.registeredArguments.length > 0)
  test.for(takers.filter(({ name }) => !meant.test(name)))('spl $name', ({ command }) => {
    const [first] = command.registeredArguments
    expect(first?.parseArg).toBeTypeOf('function')
    expect(() => first?.parseArg?.('', undefined)).toThrow(InvalidArgumentError)
  })
})

test.runIf(process.platform === 'linux')(
  'an argument that is not UTF-8 is refused, and nothing is stored; U+FFFD itself may be said',
  async () => {
    const before = served.daemon.store.head()
    const said = (word: string) =>
      new Promise<{ code: number; stderr: string }>((resolve) => {
        const line = `exec "$0" "$1" --home "$2" intend "$(printf '${word}')"`
        const words = ['-c', line, process.execPath, MAIN, served.daemon.home.root]
        execFile('/bin/sh', words, (error, _stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code), stderr }),
        )
      })
    const torn = await said(String.raw`caf\351`)
    expect(torn.code).toBe(2)
    expect(torn.stderr).toMatch(/^error: .*UTF-8 \[ARGUMENT_NOT_UTF8\]\ntry: \S/u)
    expect(served.daemon.store.head()).toBe(before)
    expect(await said(String.raw`caf\357\277\275`)).toMatchObject({ code: 0 })
  },
)

describe('what is no file where the daemon keeps one is told, with a next step that helps:', () => {
  const places = ['store.state', 'run/spl.pid', 'run/spl.json', 'run/spl.lock', 'logs/spl.log']
  test.for([
    ...['logs/stderr.log', 'hub.db-wal', 'hub.db-shm', ...places].map((at) => [at, 'dir'] as const),
    ...['logs/stderr.log', ...places].map((at) => [at, 'fifo'] as const),
  ])('%s as a %s', async ([at, kind]) => {
    using home = aHome()
    for (const name of ['keys', 'run', 'logs', 'gateway'])
      mkdirSync(join(home.path, name), { mode: 0o700 })
    const path = join(home.path, at)
    if (kind === 'dir') mkdirSync(path)
    else execFileSync('/bin/sh', ['-c', `mkfifo ${path}`])
    const error = await startDaemon({ home: home.path, port: 0, logger }).catch((cause) => cause)
    expect(error).toMatchObject({
      code: 'HOME_FILE_UNUSABLE',
      message: expect.stringContaining(path),
    })
    const move = /(mv \S+ \S+);/u.exec((error as { try: string }).try)?.[1] ?? ''
    execFileSync('/bin/sh', ['-c', move])
    await using daemon = await startDaemon({ home: home.path, port: 0, logger })
    expect(daemon.addresses.socket).toContain(home.path)
  })

  test('and by spl serve --daemon too', async () => {
    using home = aHome()
    mkdirSync(join(home.path, 'logs', 'stderr.log'), { recursive: true, mode: 0o700 })
    const run = await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/\[HOME_FILE_UNUSABLE\]\ntry: move it away: mv /u)
  })
})

describe('a socket', () => {
  test('that is a link without a target is made again', async () => {
    using home = aHome()
    const { run, socket } = homeAt(home.path)
    mkdirSync(run, { mode: 0o700 })
    symlinkSync(join(home.path, 'nowhere'), socket)
    await using daemon = await startDaemon({ home: home.path, port: 0, logger })
    expect(daemon.addresses.socket).toBe(socket)
  })

  test('that another program answers on is told, and the next step takes it away', async () => {
    using home = aHome()
    const { run, socket } = homeAt(home.path)
    mkdirSync(run, { mode: 0o700 })
    const other = createServer().listen(socket)
    await once(other, 'listening')
    const error = await startDaemon({ home: home.path, port: 0, logger }).catch((cause) => cause)
    expect(error).toMatchObject({ code: 'SOCKET_IN_USE' })
    const move = /(mv \S+ \S+);/u.exec((error as { try: string }).try)?.[1] ?? ''
    execFileSync('/bin/sh', ['-c', move])
    await using daemon = await startDaemon({ home: home.path, port: 0, logger })
    expect(daemon.addresses.socket).toBe(socket)
    other.close()
  })
})

test('two restarts at once both tell what is so', async () => {
  using home = aHome()
  await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
  const restart = () => runFitting(['serve', '--restart'], { home: home.path })
  const runs = await Promise.all([restart(), restart()])
  const status = await runFitting(['status'], { home: home.path })
  expect(status.code).toBe(0)
  for (const { stderr } of runs) expect(stderr).not.toContain('does not run now')
  expect(runs.some(({ code }) => code === 0)).toBe(true)
  await runFitting(['serve', '--stop'], { home: home.path })
}, 60_000)

test('a start whose gateway cannot be reached says so at once, and so does a restart', async () => {
  using home = aHome()
  const gateway = ['--gateway', 'http://127.0.0.1:9']
  const started = await runFitting(['serve', '--daemon', '--port', '0', ...gateway], {
    home: home.path,
  })
  const again = await runFitting(['serve', '--restart'], { home: home.path })
  for (const { code, stderr } of [started, again]) {
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: no link to http:\/\/127\.0\.0\.1:9 yet: .*ECONNREFUSED/mu)
    expect(stderr).toMatch(/^try: spl doctor/mu)
  }
  await runFitting(['serve', '--stop'], { home: home.path })
  const doctor = await runFitting(['doctor'], { home: home.path })
  const unknown = 'no daemon answers, so its public hostname is unknown'
  expect(doctor.stdout).toMatch(new RegExp(`skip +cost +${unknown}`, 'u'))
  expect(doctor.stdout).toMatch(new RegExp(`skip +reachable +${unknown}`, 'u'))
})

describe('columns of a terminal', () => {
  test.for([
    ['tea', 3],
    ['e\u0301'.repeat(30), 30],
    ['日本語', 6],
    ['한글', 4],
    ['ｔｅａ', 6],
    ['👩‍👩‍👧', 2],
    ['🇨🇭 ☕️', 5],
    ['über', 4],
  ] as const)('are counted as it draws them: %s', ([text, width]) => {
    expect(textWidth(text)).toBe(width)
    expect(textWidth(padText(text, 40))).toBe(40)
  })

  test('line up in a table, and a cut leaves no half of a letter', () => {
    const rows = [
      ['e\u0301a', 'x'],
      ['日本', 'y'],
      ['tea', 'z'],
    ]
    const lines = plain(table(['NAME', 'Y'], rows, 80))
      .trimEnd()
      .split('\n')
      .slice(1)
    expect(lines.map((line) => textWidth(line.slice(0, -1)))).toEqual([6, 6, 6])
    expect(cutText('e\u0301'.repeat(30), 30)).toBe('e\u0301'.repeat(30))
    expect(cutText('日本語', 5)).toBe('日本…')
    expect(cutText('日本語', 4)).toBe('日…')
    const wrapped = plain(fields([['N', '日本 日本 日本']], 10))
      .trimEnd()
      .split('\n')
    expect(wrapped.map((line) => textWidth(line) <= 10)).toEqual(wrapped.map(() => true))
  })

  test.for([
    0x200b, 0x200d, 0x200f, 0x2028, 0x2029, 0x202e, 0xfff9, 0xfffb, 0xe0001, 0xe0041, 0xfeff,
  ])('do not get the invisible U+%i: it is shown as U+FFFD, and escaped in JSON', async (code) => {
    const character = String.fromCodePoint(code)
    expect(printable(`a${character}b`)).toBe('a\uFFFDb')
    expect(printable('👩‍👩‍👧 🏳️‍🌈 👩🏽‍💻')).toBe('👩‍👩‍👧 🏳️‍🌈 👩🏽‍💻')
  })

  test('JSON escapes what a terminal does not show, and means the same', async () => {
    const words = 'tea\u200B\u{E0041}\u2028'
    const run = await spl('intend', words, '--json')
    const { id } = JSON.parse(run.stdout) as { id: string }
    const thread = (JSON.parse(run.stdout) as { thread: string }).thread
    const list = await spl('thread', 'records', thread, '--json')
    expect(list.stdout).not.toMatch(/[\u200B\u2028\u{E0041}]/u)
    const { data } = JSON.parse(list.stdout) as { data: { id: string; body: { goal?: string } }[] }
    expect(Object.values(data.find((record) => record.id === id)?.body ?? {})).toContain(words)
  })
})
