import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAIN, runSpl } from '../../support/cli/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'

// oxlint-disable-next-line no-control-regex -- finding colours is what it is for
const COLOUR = /\u001B\[/u

let served: TestDaemon
beforeAll(async () => {
  served = await aDaemon()
})
afterAll(() => served[Symbol.asyncDispose]())

type Colours = Readonly<Record<'NO_COLOR' | 'FORCE_COLOR' | 'TERM' | 'CI', string | undefined>>

// Node takes the terminals of CI for colourless.
const PLAIN: Colours = {
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  TERM: 'xterm-256color',
  CI: undefined,
}

/** A terminal of its own (util-linux), in which stdout and stderr come together unless one is sent elsewhere. */
async function inTerminal(line: string, colours: Partial<Colours> = {}): Promise<string> {
  const command = `'${process.execPath}' '${MAIN}' ${line}`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, ...PLAIN, ...colours, SYNCROPEL_HOME: served.daemon.home.root },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [shown] = await Promise.all([text(child.stdout), once(child, 'close')])
  return shown
}

async function piped(line: string, colours: Partial<Colours> = {}) {
  const env = { ...PLAIN, ...colours }
  const home = served.daemon.home.root
  return runSpl(line.split(' '), { home, env: env as Record<string, string> })
}

describe('colours', () => {
  test('are there on a terminal, in tables, help and errors', async () => {
    expect(await inTerminal('config show')).toMatch(COLOUR)
    expect(await inTerminal('--help')).toMatch(COLOUR)
    expect(await inTerminal('sevre')).toMatch(COLOUR)
  })

  test.for(['config show', '--help', 'sevre', 'status', 'service-account list'])(
    'are not there with NO_COLOR: spl %s',
    async (line) => {
      expect(await inTerminal(line, { NO_COLOR: '1' })).not.toMatch(COLOUR)
    },
  )

  test('are not there in a pipe, and are with FORCE_COLOR', async () => {
    const plain = await piped('config show')
    expect(plain.stdout).not.toMatch(COLOUR)
    const forced = await piped('config show', { FORCE_COLOR: '1' })
    expect(forced.stdout).toMatch(COLOUR)
    expect((await piped('sevre', { FORCE_COLOR: '1' })).stderr).toMatch(COLOUR)
  })

  test('are never in JSON', async () => {
    for (const line of ['config show --json', 'version --json', 'status --json']) {
      const { stdout } = await piped(line, { FORCE_COLOR: '1' })
      expect(stdout).not.toMatch(COLOUR)
      expect(JSON.parse(stdout)).toHaveProperty('object')
      expect(await inTerminal(line)).not.toMatch(COLOUR)
    }
  })

  test('are those of the stream they go to: stderr in a file stays plain', async () => {
    using place = aHome()
    const file = `${place.path}/stderr`
    const line = `token create --sa ${await anAccount()} 2>${file}`
    await inTerminal(line)
    const notes = await readFile(file, 'utf8')
    expect(notes).toContain('Account')
    expect(notes).not.toMatch(COLOUR)
  })
})

describe('what others wrote', () => {
  const HOSTILE = '\u001B[31mred\u001B[0m\u001B]0;title\u0007 \u202Eback\u009B2J'
  const SHOWN = '\uFFFD[31mred\uFFFD[0m\uFFFD]0;title\uFFFD \uFFFDback\uFFFD2J'

  beforeAll(async () => {
    const goal = { parents: [], thread: 'th_hostile', act: 'INTEND', data_type: 'SCALAR' }
    const answer = await served.post('/v1/records', { ...goal, body: { goal: HOSTILE } })
    if (answer.status !== 201) throw new Error(await answer.text())
  })

  test.for([{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1' }])(
    'colours nothing and moves nothing, and ours stays whole: %o',
    async (colours) => {
      const lines = [['thread', 'list'], ['thread', 'records', 'th_hostile'], [HOSTILE]]
      for (const words of lines) {
        const run = await runSpl(words, {
          home: served.daemon.home.root,
          env: { ...PLAIN, ...colours } as Record<string, string>,
        })
        const shown = run.stdout + run.stderr
        // oxlint-disable-next-line no-control-regex -- our own styles
        const plain = shown.replaceAll(/\u001B\[[0-9;]+m/gu, '')
        expect(plain).toContain('\uFFFD[31mred\uFFFD[0m')
        // oxlint-disable-next-line no-control-regex -- what a terminal would obey
        expect(plain).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/u)
      }
      const onTerminal = await inTerminal('thread list', colours)
      expect(onTerminal).toContain(SHOWN.slice(0, 12))
      expect(onTerminal).not.toContain(HOSTILE.slice(0, 5))
    },
  )

  test.for([
    'expose nobody --dry-run',
    'expose team --dry-run --by tailnet',
    'config show',
    'status',
    'doctor --no-outside',
    'service-account list',
    'pair --device x --url http://127.0.0.1:1 --invite',
    'sevre',
    '--help',
  ])('is all that is made safe: no style of ours is shown as text by spl %s', async (line) => {
    const run = await piped(line, { FORCE_COLOR: '1' })
    expect(run.stdout + run.stderr).toMatch(COLOUR)
    expect(run.stdout + run.stderr).not.toContain('\uFFFD')
  })
})

async function anAccount(): Promise<string> {
  const request = { name: 'ci', scopes: ['records:read' as const], actors: [] }
  return (await served.daemon.access.accounts.createWithToken(request, null)).account
}

test('spl version --json names all that it runs on', async () => {
  const { stdout } = await piped('version --json')
  expect(JSON.parse(stdout)).toEqual({
    object: 'version',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: process.versions.node,
    protocol: expect.any(Number),
    sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
    workerd: expect.stringMatching(/^1\.\d{8}\./),
    platform: process.platform,
    arch: process.arch,
  })
})
