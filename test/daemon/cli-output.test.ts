import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSpl } from '../system/run-spl.ts'
import { aDaemon, aHome, type TestDaemon } from './a-daemon.ts'

const MAIN = fileURLToPath(new URL('../../local-daemon/cli/main.ts', import.meta.url))
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
