import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shellWord } from '../../../local-daemon/problem/shell-word.ts'
import { wranglerEnvironment } from '../../../local-daemon/cli/gateway/project/wrangler-environment.ts'
import { portHolder } from '../../../local-daemon/network/port-holder.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import { MAIN, startSpl } from '../../support/cli/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

let served: TestDaemon
beforeAll(async () => {
  served = await aDaemon()
})
afterAll(() => served[Symbol.asyncDispose]())

const spl = (...words: string[]) => runFitting(words, { home: served.daemon.home.root })

test.for([
  '/home/ada/spl-gateway',
  '/home/a b/ü',
  "it's",
  '$HOME `id` "x" \\',
  '/tmp/a;b&c|d',
  "'",
  '*',
  '~',
])('a word of a printed command arrives as it is when it is pasted: %s', async (word) => {
  const child = spawn('/bin/sh', ['-c', `printf %s ${shellWord(word)}`])
  expect(await text(child.stdout)).toBe(word)
})

test('the next step of spl gateway init can be pasted, for any name of the directory', async () => {
  using place = aHome()
  const directory = join(place.path, 'my über gateway')
  const run = await spl('gateway', 'init', directory)
  expect(run.code).toBe(0)
  expect(run.stderr).toContain(`next: spl gateway deploy '${directory}' --dry-run`)
})

describe('a record', () => {
  test.for(['', '  '])('that says nothing (%j) is refused, and opens no thread', async (words) => {
    const before = served.daemon.store.head()
    const run = await spl('intend', words)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/\[TEXT_MISSING\]\ntry: spl intend "some text"/)
    expect(served.daemon.store.head()).toBe(before)
  })
})

describe('a bearer that is refused', () => {
  const elsewhere = (bearer: string) =>
    runFitting(['thread', 'list'], {
      home: served.daemon.home.root,
      env: { SPL_SERVE_URL: served.base, SPL_TOKEN: bearer },
    })

  test('because it has expired is said to be that, and what to do at a shell', async () => {
    const request = { name: 'old', scopes: ['records:read' as const], actors: [] }
    const soon = Math.floor(Date.now() / 1000) + 1
    const { token } = await served.daemon.access.accounts.createWithToken(request, soon)
    await sleep(1_500)
    const run = await elsewhere(token)
    expect(run).toMatchObject({ code: 4, stdout: '' })
    expect(run.stderr).toMatch(
      /^error: The bearer token has expired \[AUTH_INVALID\]\ntry: spl token show-source /,
    )
  })

  test('because it is another is answered with commands, not with header fields', async () => {
    const run = await elsewhere(
      `${served.bearer.slice(0, -1)}${served.bearer.endsWith('1') ? '2' : '1'}`,
    )
    expect(run.code).toBe(4)
    expect(run.stderr).toMatch(/\[AUTH_INVALID\]\ntry: spl token show-source .*spl login/)
    expect(run.stderr).not.toContain('Authorization:')
  })
})

test('a login that the home’s own daemon stands before is told, and how to choose', async () => {
  const login = {
    object: 'login_file',
    url: 'https://spl.example.com',
    instance_did: 'did:key:z6Mk',
    bearer: 'spl_x',
    device: 'laptop',
    service_account_id: 'sa_x',
    ca: null,
  }
  const path = join(served.daemon.home.root, 'remote.json')
  writeFileSync(path, JSON.stringify(login), { mode: 0o600 })
  const shown = await spl('status')
  expect(shown.stdout).toMatch(
    /^Login +https:\/\/spl\.example\.com is not used, .*SPL_SERVE_URL=https:\/\/spl\.example\.com spl status$/m,
  )
  const json = JSON.parse((await spl('status', '--json')).stdout) as Record<string, unknown>
  expect(json['shadowed_login']).toBe('https://spl.example.com')
})

test.runIf(process.platform === 'linux')(
  'who holds a port is called by its program, not by a thread',
  async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const holder = portHolder((server.address() as { port: number }).port)
    server.close()
    expect(holder).toMatch(new RegExp(`^node .* \\(pid ${process.pid}\\)$`, 'u'))
    expect(holder).not.toContain('MainThread')
  },
)

test('an absent log of a daemon that runs is not taken for a daemon that never ran', async () => {
  using home = aHome()
  await runFitting(['serve', '--daemon', '--port', '0'], { home: home.path })
  const log = join(home.path, 'logs', 'spl.log')
  renameSync(log, join(home.path, 'elsewhere.log'))
  const run = await runFitting(['logs'], { home: home.path })
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(/it was moved or removed, and the running daemon.*\[LOG_MISSING\]/)
  await runFitting(['serve', '--stop'], { home: home.path })
  const after = await runFitting(['logs'], { home: home.path })
  expect(after.stdout).toContain('daemon stopping')
})

describe('help', () => {
  test('has no raw seconds and no brackets of JSON for a default', async () => {
    for (const words of [['gateway', 'invite'], ['gateway', 'serve'], ['pair'], ['serve']]) {
      const { stdout } = await spl(...words, '--help')
      expect(stdout).not.toMatch(/default:\s+(?:\d{5,}|\[)/u)
      expect(stdout).not.toContain('<time>')
    }
    expect((await spl('gateway', 'invite', '--help')).stdout).toContain('(default: 7d)')
  })

  test('of pair shows what belongs to it', async () => {
    const { stdout } = await spl('pair', '--help')
    for (const name of ['redeem', 'invites', 'cancel'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'mu'))
  })
})

test('the plan of expose names the directory of --write', async () => {
  using place = aHome()
  const words = [
    '--by',
    'caddy',
    '--hostname',
    'spl.example.com',
    '--write',
    place.path,
    '--dry-run',
  ]
  const run = await spl('expose', 'team', ...words)
  expect(run.stdout).toContain(`save ${join(place.path, 'Caddyfile')}`)
  expect(run.stdout).not.toContain('save /etc/caddy')
})

test('npx gives up soon without a line', () => {
  const env = wranglerEnvironment({ npm_config_fetch_retries: '5' }, '/r')
  expect(env).toMatchObject({
    npm_config_fetch_retries: '5',
    npm_config_fetch_retry_maxtimeout: '2000',
  })
  expect(wranglerEnvironment({}, '/r')['npm_config_fetch_retries']).toBe('1')
})

test('a deploy that is interrupted leaves no folder', async () => {
  using place = aHome()
  const temporary = mkdtempSync(join(place.path, 'tmp-'))
  const bin = join(place.path, 'bin')
  const project = join(place.path, 'gateway')
  await spl('gateway', 'init', project)
  await runFitting(['version'], { home: place.path })
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true })
  mkdirSync(bin)
  const wrangler = '#!/bin/sh\necho started\nexec sleep 30\n'
  for (const path of [join(project, 'node_modules', '.bin', 'wrangler'), join(bin, 'npx')]) {
    writeFileSync(path, wrangler, { mode: 0o755 })
  }
  const child = startSpl(['gateway', 'deploy', project, '--dry-run'], {
    home: served.daemon.home.root,
    env: { TMPDIR: temporary, PATH: `${bin}:${process.env['PATH']}` },
  })
  const errors = child.stderr as NodeJS.ReadableStream
  let said = ''
  errors.on('data', (data: Buffer) => (said += String(data)))
  while (!said.includes('started') && child.exitCode === null) await sleep(50)
  expect(readdirSync(temporary)).not.toEqual([])
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([130, null])
  expect(readdirSync(temporary)).toEqual([])
})

test('Ctrl-C at a question ends its line, and has the exit code that Ctrl-C has everywhere', async () => {
  const command = `'${process.execPath}' '${MAIN}' expose`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, SYNCROPEL_HOME: served.daemon.home.root },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let isAsked = false
  child.stdout.on('data', (data: Buffer) => {
    shown += String(data)
    // Once: a second one comes when the question is over, and is a signal of the terminal then.
    if (!isAsked && shown.includes('[1]:')) child.stdin.write('\u0003')
    isAsked ||= shown.includes('[1]:')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect(shown).toMatch(/\n\S*error:\S* cancelled at a prompt \[NOT_ANSWERED\]/u)
  expect(code).toBe(130)
})

test('spl expose says what is wrong with an answer before it asks again', async () => {
  const command = `'${process.execPath}' '${MAIN}' expose --by caddy --dry-run`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, SYNCROPEL_HOME: served.daemon.home.root },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = ['9', '4', '', 'https://spl.example.com', 'spl.example.com']
  let shown = ''
  let asked = 0
  child.stdout.on('data', (data: Buffer) => {
    shown += String(data)
    const prompts = shown.split(/\[1\]: |such as spl\.example\.com: /u).length - 1
    // Each prompt is drawn once; what readline draws again comes with the next line.
    for (; asked < Math.min(prompts, answers.length); asked += 1) {
      child.stdin.write(`${answers[asked]}\r`)
    }
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(shown).toContain('9 is not a number from 1 to 6.')
  expect(shown).toContain('This needs an answer; Ctrl-C cancels.')
  expect(shown).toContain('A hostname looks like alice.spl.example.com')
  expect(shown).toContain('It will be reachable at https://spl.example.com')
})
