import { execFile } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withHome, withStore } from '../../../local-daemon/cli/output/for-this-home.ts'
import { homeAt } from '../../../local-daemon/home/home.ts'
import { shellPath, shellWord } from '../../../local-daemon/problem/shell-word.ts'
import { MAIN, runSpl } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'

const COMMANDS = ['serve', 'status', 'token', 'pair', 'login']

let place: ReturnType<typeof aHome>
/** With a blank, a quote, an umlaut, and what a shell would carry out or take for a command of ours. */
let home: string
beforeAll(() => {
  place = aHome()
  home = join(place.path, "Zoë's spl status $HOME `id`")
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(join(place.path, 'bin'))
  writeFileSync(
    join(place.path, 'bin', 'spl'),
    `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(MAIN)} "$@"\n`,
    { mode: 0o755 },
  )
})
afterAll(() => place[Symbol.dispose]())

const spl = (...words: string[]) =>
  runSpl(['--home', home, ...words], { home: join(place.path, 'another') })

/** Carries out what was printed, in a shell whose default home is another one. */
function paste(line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    PATH: `${join(place.path, 'bin')}:${process.env['PATH']}`,
    SYNCROPEL_HOME: join(place.path, 'another'),
  }
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', line], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

function tryOf(stderr: string): string {
  return /^try: (.*)$/mu.exec(stderr)?.[1] ?? ''
}

describe('a next step can be pasted where the home has a blank, a quote and an umlaut in its name:', () => {
  test('what closes a home to others', async () => {
    writeFileSync(join(home, 'a-file'), '')
    chmodSync(home, 0o755)
    const refused = await spl('serve', '--daemon', '--port', '0')
    expect(refused.stderr).toContain('[HOME_MODE_TOO_OPEN]')
    expect(await paste(tryOf(refused.stderr))).toMatchObject({ code: 0, stderr: '' })
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })

  test('what makes the directory of a store', async () => {
    const store = join(home, 'it’s', 'a "store"', 'hub.db')
    mkdirSync(join(home, 'it’s'))
    const refused = await spl('serve', '--daemon', '--port', '0', '--store', store)
    expect(refused.stderr).toContain('[STORE_DIRECTORY_MISSING]')
    const [made = ''] = tryOf(refused.stderr).split(', or ')
    expect(await paste(made)).toMatchObject({ code: 0, stderr: '' })
    expect(statSync(join(home, 'it’s', 'a "store"')).isDirectory()).toBe(true)
  })

  test('what starts the daemon, closes its key, and starts it as it was', async () => {
    const idle = await spl('status')
    expect(tryOf(idle.stderr)).toBe(`spl --home ${shellWord(home)} serve --daemon`)
    expect(await paste(`${tryOf(idle.stderr)} --port 0`)).toMatchObject({ code: 0 })
    expect((await spl('status')).code).toBe(0)
    expect((await spl('serve', '--stop')).code).toBe(0)

    const { instanceKey } = homeAt(home)
    chmodSync(instanceKey, 0o644)
    const refused = await spl('serve', '--daemon')
    expect(refused.stderr).toContain('[KEY_MODE_TOO_OPEN]')
    const doctor = await spl('doctor', '--no-outside')
    expect(doctor.stdout).toContain(`try: chmod go= ${shellWord(instanceKey)}`)
    expect(await paste(tryOf(refused.stderr))).toMatchObject({ code: 0, stderr: '' })
    expect(statSync(instanceKey).mode & 0o777).toBe(0o600)

    const again = await spl('thread', 'list')
    expect(again.code).toBe(3)
    const [restart = ''] = tryOf(again.stderr).split(';')
    expect(await paste(restart)).toMatchObject({ code: 0 })
    expect((await paste(`spl --home ${shellWord(home)} status`)).code).toBe(0)
    expect((await paste('spl status')).code).toBe(3)
  })

  test('the lines of a gateway project', async () => {
    const made = await spl('gateway', 'init', join(home, 'my gateway'))
    const [next = ''] = /^next: (.*)$/mu.exec(made.stderr)?.[1]?.split(', then') ?? []
    const bare = next.replace('spl ', 'printf "%s\\n" ')
    expect((await paste(bare)).stdout).toContain(`${join(home, 'my gateway')}\n`)
  })

  test('the plan of spl expose', async () => {
    const shown = await spl(
      'expose',
      'peer',
      '--by',
      'caddy',
      '--hostname',
      'a.example',
      '--dry-run',
    )
    const line = /^\d\. (spl .* config set .*)$/mu.exec(shown.stdout)?.[1] ?? ''
    expect(await paste(line)).toMatchObject({ code: 0 })
  })

  test('and the daemon stops by its own line', async () => {
    expect(await paste(`spl --home ${shellWord(home)} serve --stop`)).toMatchObject({ code: 0 })
  })
})

describe('--home in a next step', () => {
  test.for([
    ['spl serve --daemon', "spl --home '/a b' serve --daemon"],
    [
      "spl serve --stop; cp '/a b/it'\\''s spl status' x; spl serve --daemon",
      "spl --home '/a b' serve --stop; cp '/a b/it'\\''s spl status' x; spl --home '/a b' serve --daemon",
    ],
    [
      'at home: spl token create, then here: spl token save -',
      "at home: spl token create, then here: spl --home '/a b' token save -",
    ],
    ['on the other machine: spl serve --stop', 'on the other machine: spl serve --stop'],
    [
      'remove that one first: spl serve --stop --home /c',
      'remove that one first: spl serve --stop --home /c',
    ],
    ['run spl as that user', 'run spl as that user'],
    [
      "the gateway’s door, or the gateway's: spl status",
      "the gateway’s door, or the gateway's: spl --home '/a b' status",
    ],
  ])('goes into the commands of this machine alone: %s', ([step = '', shown = '']) => {
    expect(withHome(step, '/a b', COMMANDS)).toBe(shown)
  })
})

test.for([
  [
    'anew: spl serve --daemon --new-store',
    "anew: spl serve --store '/a b.db' --daemon --new-store",
  ],
  [
    'spl serve --stop; spl serve --restart',
    "spl serve --stop; spl serve --store '/a b.db' --restart",
  ],
  ['spl serve --daemon --store /other.db', 'spl serve --daemon --store /other.db'],
  ['spl serve --daemon --memory', 'spl serve --daemon --memory'],
  ['at home: spl serve --daemon', 'at home: spl serve --daemon'],
])(
  'a next step starts the daemon with the store that was asked for: %s',
  ([step = '', shown = '']) => {
    expect(withStore(step, '/a b.db')).toBe(shown)
  },
)

test('a start whose store is empty says how to begin again with that same store', async () => {
  using at = aHome()
  const store = join(at.path, 'other.db')
  const line = ['serve', '--daemon', '--port', '0', '--store', store]
  expect(await runSpl(line, { home: at.path })).toMatchObject({ code: 0 })
  await runSpl(['serve', '--stop'], { home: at.path })
  for (const end of ['', '-wal', '-shm']) rmSync(`${store}${end}`, { force: true })
  // Both as it was named, and as it is known from the start before.
  for (const again of [line, ['serve', '--restart']]) {
    const refused = await runSpl(again, { home: at.path })
    expect(refused.stderr).toContain('STORE_EMPTY')
    expect(refused.stderr).toContain(`serve --store ${store} --daemon --new-store`)
  }
})

test.for([
  ['-x', './-x'],
  ['-a b', "'./-a b'"],
  ['/a/-x', '/a/-x'],
])('a path that begins with a hyphen is no option: %s', ([path = '', word = '']) => {
  expect(shellPath(path)).toBe(word)
})

test('no command that is printed has a path in it that is not made for a shell', () => {
  const root = fileURLToPath(new URL('../../../local-daemon', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const commands =
    /\b(?:chmod|chown|cp|mv|rm|mkdir|ls|df|lsof|tee)\b(?: -?[\w=-]+)*? '?\$\{(?!shell|open\.map\(shell)|--(?:home|store|out|ca|gateway-ca|tls-cert|tls-key|cacert) '?\$\{(?!shell|file\})/u
  const bare = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter((line) => commands.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(bare).toEqual([])
})
