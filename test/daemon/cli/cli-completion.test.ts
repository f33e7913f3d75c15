import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completeLine } from '../../../local-daemon/cli/completion/complete-line.ts'
import {
  COMPLETION_SCRIPTS,
  SHELLS,
  type Shell,
} from '../../../local-daemon/cli/completion/scripts.ts'
import { splProgram } from '../../../local-daemon/cli/spl.ts'
import { runHere } from '../../support/cli/run-here.ts'
import { aDaemon, aDraft, aHome, type TestDaemon } from '../../support/daemon/a-daemon.ts'
import { MAIN } from '../../support/cli/run-spl.ts'

function valuesAt(...words: string[]): string[] {
  const { place } = completeLine(splProgram(), words)
  return place.kind === 'words' ? place.candidates.map(({ value }) => value) : [place.kind]
}

describe('the line so far', () => {
  test('begins with a command, and no hidden one', () => {
    expect(valuesAt('')).toContain('serve')
    expect(valuesAt('')).not.toContain('complete')
  })

  test('goes on with the commands of a group', () => {
    expect(valuesAt('thread', '')).toEqual(['list', 'records', 'show'])
    expect(valuesAt('--json', 'thread', '')).toEqual(['list', 'records', 'show'])
  })

  test('has the options of its command and the global ones, each once and none twice', () => {
    const options = valuesAt('serve', '--')
    expect(options).toEqual(expect.arrayContaining(['--daemon', '--port', '--home', '--help']))
    expect(new Set(options).size).toBe(options.length)
    expect(options).not.toContain('--ready-fd')
    expect(valuesAt('serve', '--daemon', '--')).not.toContain('--daemon')
  })

  test('has the options of the command that a group stands for', () => {
    expect(valuesAt('pair', '--')).toContain('--device')
    expect(valuesAt('pair', 'redeem', '--')).not.toContain('--device')
  })

  test('takes the value of an option for no command', () => {
    expect(valuesAt('--home', 'thread', '')).toContain('serve')
    expect(valuesAt('--home', '=', 'thread', '')).toContain('serve')
  })

  test('takes files and directories where an option says so', () => {
    expect(valuesAt('gateway', 'serve', '--tls-cert', '')).toEqual(['files'])
    expect(valuesAt('--home', '')).toEqual(['directories'])
  })
})

let served: TestDaemon
let home: string
let account: string

beforeAll(async () => {
  served = await aDaemon()
  home = served.daemon.home.root
  const request = { name: 'ci', scopes: ['records:read' as const], actors: [] }
  account = (await served.daemon.access.accounts.createWithToken(request, null)).account
  await served.daemon.store.append(aDraft({ thread: 'th_paint' }))
})

afterAll(() => served[Symbol.asyncDispose]())

describe('spl complete', () => {
  async function complete(...words: string[]): Promise<string[]> {
    const run = await runHere(['complete', '--', ...words], { home })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    return run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
  }

  test('knows the keys of settings, scopes and choices', async () => {
    expect(await complete('config', 'set', 'strict_a')).toEqual(['words', 'strict_actor_header'])
    expect(
      await complete('service-account', 'create', '--scopes', 'records:read,records:w'),
    ).toEqual(['words', 'records:read,records:write'])
    expect(await complete('tunnel', 'log', '--via', 'lo')).toEqual(['words', 'loopback'])
  })

  test('asks the daemon for accounts, tokens and threads', async () => {
    expect(await complete('token', 'create', '--sa', 'sa_')).toContain(account)
    expect(await complete('thread', 'records', 'th_p')).toEqual(['words', 'th_paint'])
    const tokens = await complete('token', 'revoke', '--sa', account, '--token-id', '')
    expect(tokens).toHaveLength(2)
    expect(tokens[1]).toMatch(/^[0-9a-f]{64}$/)
  })

  test('asks it for namespaces, alone and in a reach, and finds backups, also without it', async () => {
    const { access } = served.daemon
    for (const name of ['team', 'team/ops', 'other']) await access.namespaces.create(name, null)
    const names = ['words', 'team', 'team/ops']
    for (const line of [
      'namespace archive te',
      'thread list --namespace te',
      'export --namespace te',
    ]) {
      expect([line, await complete(...line.split(' '))]).toEqual([line, names])
    }
    expect(await complete('token', 'create', '--reach', 'te')).toEqual(names)
    expect(await complete('login', 'x', '--reach', 'team,o')).toEqual(['words', 'team,other'])
    const made = await runHere(['backup', 'create', '--json'], { home })
    const { name } = JSON.parse(made.stdout) as { name: string }
    for (const command of ['backup verify', 'backup remove', 'restore']) {
      const line = [...command.split(' '), 'hub-']
      expect([command, await complete(...line)]).toEqual([command, ['words', name]])
    }
    using off = aHome()
    cpSync(join(home, 'backups'), join(off.path, 'backups'), { recursive: true })
    const run = await runHere(['complete', '--', 'restore', ''], { home: off.path })
    expect(run).toEqual({ code: 0, stdout: `words\n${name}\n`, stderr: '' })
  })

  test('prints nothing, not even an error, without a daemon', async () => {
    using empty = aHome()
    const run = await runHere(['complete', '--', 'thread', 'records', ''], { home: empty.path })
    expect(run).toEqual({ code: 0, stdout: 'words\n', stderr: '' })
  })
})

/** A directory with a `spl` that is this checkout, for PATH. */
function withSpl(directory: string): string {
  mkdirSync(join(directory, 'bin'))
  const path = join(directory, 'bin', 'spl')
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(path, 0o755)
  return `${join(directory, 'bin')}:${process.env['PATH']}`
}

const run = promisify(execFile)

/** What a real shell makes of a line on Tab, in a directory with the script and a file to find. */
async function onTab(shell: Shell, words: readonly string[]): Promise<string> {
  using place = aHome()
  writeFileSync(join(place.path, 'script'), COMPLETION_SCRIPTS[shell])
  writeFileSync(join(place.path, 'chain file.pem'), '')
  const env = { ...process.env, PATH: withSpl(place.path), HOME: place.path, SYNCROPEL_HOME: home }
  const bare = { bash: ['--noprofile', '--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell]
  const program = fileURLToPath(new URL(`tab/tab.${shell}`, import.meta.url))
  return (await run(shell, [...bare, program, ...words], { cwd: place.path, env })).stdout
}

/** Sorted, without what a shell shows beside them. */
async function offered(shell: 'bash' | 'fish', ...words: string[]): Promise<string[]> {
  const shown = await onTab(shell, words)
  return shown
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '')
    .toSorted()
}

/** A missing shell is no reason to fail at home, and must not look like a pass elsewhere. */
function isThere(shell: Shell): boolean {
  if (spawnSync(shell, ['-c', 'true']).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error(`${shell} is missing: apt-get install ${shell}`)
  process.stderr.write(`${shell} is not installed: its completion is not tested\n`)
  return false
}

describe.runIf(isThere('bash'))('bash', () => {
  completesIn('bash')
})

describe.runIf(isThere('fish'))('fish', () => {
  completesIn('fish')
})

function completesIn(shell: 'bash' | 'fish'): void {
  test('completes commands', async () => {
    expect(await offered(shell, 'se')).toEqual(['search', 'serve', 'service-account'])
    expect(await offered(shell, 'thread', 'r')).toEqual(['records'])
  })

  test('completes options and choices', async () => {
    expect(await offered(shell, 'serve', '--po')).toEqual(['--port'])
    expect(await offered(shell, 'tunnel', 'log', '--via', 's')).toEqual(['socket'])
  })

  test('completes ids that the daemon knows', async () => {
    expect(await offered(shell, 'thread', 'records', 'th_p')).toEqual(['th_paint'])
    const some = await offered(shell, 'service-account', 'describe', account.slice(0, 8))
    expect(some).toContain(account)
  })

  test('completes files, one with a blank too', async () => {
    const files = await offered(shell, 'gateway', 'serve', '--tls-cert', 'ch')
    expect(files.map((file) => file.replaceAll('\\', ''))).toEqual(['chain file.pem'])
  })

  test('never runs what somebody named a thread', async () => {
    const made = join(home, `made-by-${shell}`)
    const append = (thread: string) => served.daemon.store.append(aDraft({ thread, clock: 7 }))
    for (const thread of [`th_p$(touch\t${made})`, `th_p\`touch ${made}\``, 'th_p;id']) {
      await append(`${thread}-${shell}`)
    }
    expect(await offered(shell, 'thread', 'records', 'th_p')).toEqual(['th_paint'])
    expect(existsSync(made)).toBe(false)
  })
}

describe.runIf(isThere('zsh'))('zsh', () => {
  test.each([
    ['ser', 'spl serv'],
    ['thread rec', 'spl thread records '],
    ['tunnel log --via lo', 'spl tunnel log --via loopback '],
    ['thread records th_pa', 'spl thread records th_paint '],
    [
      'service-account create --scopes records:r',
      'spl service-account create --scopes records:read ',
    ],
    ['gateway serve --tls-cert ch', 'spl gateway serve --tls-cert chain\\ file.pem '],
  ])('makes of spl %s: %s', async (typed, completed) => {
    expect(await onTab('zsh', typed.split(' '))).toBe(`${completed}\n`)
  })
})

test.each(SHELLS)('spl completion %s prints the script alone', async (shell) => {
  using place = aHome()
  const shown = await runHere(['completion', shell], { home: place.path })
  expect(shown).toEqual({ code: 0, stdout: COMPLETION_SCRIPTS[shell], stderr: '' })
})

test('another shell is named with those there are', async () => {
  using place = aHome()
  const shown = await runHere(['completion', 'fihs'], { home: place.path })
  expect(shown.code).toBe(2)
  expect(shown.stderr).toMatch(/did you mean fish\?/)
})
