import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { INVITE_PATH, makeCode } from '../../../../protocol/identity/signed-code.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { assertMistake, type Mistake } from '../assert-mistake.ts'

const PAIR = 'pair --device phone --url http://127.0.0.1:1'

const MISTAKES: readonly Mistake[] = [
  ['service-account crate', 2, 'UNKNOWN_COMMAND', /did you mean create\?/],
  ['service-account create', 2, 'MISSING_MANDATORY_OPTION_VALUE', /spl service-account create --h/],
  ['service-account create --name a --scopes root', 2, 'INVALID_ARGUMENT', /records:read/],
  ['service-account create --name a --reach Team', 2, 'INVALID_ARGUMENT', /--help/],
  ['token create --sa sa_x --reach th_a/b', 2, 'INVALID_ARGUMENT', /--help/],
  ['service-account create --name a --ttl 1w', 2, 'INVALID_ARGUMENT', /15m/],
  ['service-account create --name a --bootstrap --scopes admin', 2, 'CONFLICTING_OPTION', /--help/],
  ['service-account create --name a --with-token --json', 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  ['service-account create --name a --ttl 1d --json', 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  ['service-account create --name a --bootstrap --json', 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  ['service-account create --name a', 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['service-account list --limit 0', 2, 'INVALID_ARGUMENT', /spl service-account list --help/],
  ['service-account describe', 2, 'MISSING_ARGUMENT', /spl service-account describe --help/],
  ['service-account revoke', 2, 'MISSING_ARGUMENT', /spl service-account revoke --help/],
  ['token create', 2, 'MISSING_MANDATORY_OPTION_VALUE', /spl token create --help/],
  ['token create --sa sa_x --json', 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  ['token rotate sa_x --json', 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  ['token revoke --sa sa_x', 2, 'MISSING_MANDATORY_OPTION_VALUE', /spl token revoke --help/],
  ['token revoke --sa sa_x --token-id abc', 2, 'INVALID_ARGUMENT', /8 to 64 hex digits/],
  ['token list', 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['serve --gateway http://spl.example.com', 2, 'INVALID_ARGUMENT', /spl serve --help/],
  ['gateway serve --address-requests 1000001', 2, 'INVALID_ARGUMENT', /gateway serve --help/],
  ['config set', 2, 'MISSING_ARGUMENT', /spl config set --help/],
  ['config set auth_required', 2, 'MISSING_ARGUMENT', /spl config set --help/],
  ['config set auth_requird true', 2, 'UNKNOWN_SETTING', /did you mean auth_required\?/],
  ['config set auth_required maybe', 2, 'INVALID_SETTING', /config set auth_required true/],
  ['config set token_burst many', 2, 'INVALID_SETTING', /config set token_burst 100/],
  ['config auth-set-cors-origins', 2, 'MISSING_ARGUMENT', /auth-set-cors-origins --help/],
  ['config show', 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['pair', 2, 'MISSING_MANDATORY_OPTION_VALUE', /spl pair --help/],
  ['pair --device phone', 2, 'MISSING_MANDATORY_OPTION_VALUE', /--url/],
  ['pair --device phone --url https://a.example/x', 2, 'INVALID_ARGUMENT', /spl pair --help/],
  [`${PAIR} --page https://a.example/#x`, 2, 'INVALID_ARGUMENT', /spl pair --help/],
  [`${PAIR} --json`, 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  [`${PAIR} --json --no-qr`, 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  [`${PAIR} --invite --json`, 2, 'TOKEN_NEEDS_OUT', /--out <file>/],
  [`${PAIR} --invite --ttl 1d`, 2, 'CONFLICTING_OPTION', /spl pair --help/],
  [`${PAIR} --invite-ttl 5m --ttl 1d`, 2, 'CONFLICTING_OPTION', /spl pair --help/],
  [PAIR, 3, 'DAEMON_NOT_RUNNING', /spl serve --daemon/],
  ['pair redem x', 2, 'UNKNOWN_COMMAND', /did you mean redeem\?/],
  ['pair nonsense', 2, 'UNKNOWN_COMMAND', /spl pair --help/],
  [
    'service-account create --name a --scopes records:raed',
    2,
    'INVALID_ARGUMENT',
    /mean records:read\?/,
  ],
  ['pair --device a --url https://a.example --scopes admn', 2, 'INVALID_ARGUMENT', /mean admin\?/],
  ['token --jsn', 2, 'UNKNOWN_OPTION', /mean --json\?/],
  ['pair --devise x', 2, 'MISSING_MANDATORY_OPTION_VALUE', /mean --device\?/],
  ['tunnel log --via tunel', 2, 'INVALID_ARGUMENT', /mean tunnel\?/],
  ['help sevre', 2, 'UNKNOWN_COMMAND', /mean serve\?/],
  ['pair redeem --url http://127.0.0.1:1', 2, 'MISSING_ARGUMENT', /spl pair redeem --help/],
  ['pair redeem x', 2, 'MISSING_MANDATORY_OPTION_VALUE', /spl pair redeem --help/],
  ['pair redeem x --url http://127.0.0.1:1', 2, 'INVITE_INVALID', /--invite/],
  ['pair redeem x --url http://127.0.0.1:1 --save --out y', 2, 'CONFLICTING_OPTION', /redeem --h/],
]

describe('a mistake', () => {
  test.concurrent.for(MISTAKES)('spl %s', (mistake) => assertMistake(mistake))
})

describe('a file for the secret', () => {
  test.concurrent.for([
    'service-account create --name a --with-token',
    'service-account create --name a',
    'service-account create --name a --bootstrap',
    'token create --sa sa_x',
    'token rotate sa_x',
    PAIR,
    `${PAIR} --invite`,
  ])('of spl %s is not left behind by a failure', async (line) => {
    using home = aHome()
    const out = join(home.path, 'secret')
    const run = await runHere([...line.split(' '), '--json', '--out', out], { home: home.path })
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.stderr).toContain('[DAEMON_NOT_RUNNING]')
    expect(await readdir(home.path)).toEqual([])
  })

  test.concurrent.for([
    ['secret', 'OUT_EXISTS'],
    ['missing/secret', 'OUT_NOT_WRITABLE'],
  ])('%s is refused with %s before anybody is asked', async ([name = '', code]) => {
    using home = aHome()
    await writeFile(join(home.path, 'secret'), 'precious')
    const out = join(home.path, name)
    const run = await runHere(['token', 'create', '--sa', 'x', '--out', out], { home: home.path })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain(`[${code}]`)
    expect(run.stderr).toContain('nothing was created')
  })

  test('and the saved bearer stay as they were when an invite is not taken', async () => {
    using home = aHome()
    await writeFile(join(home.path, 'token'), 'precious', { mode: 0o600 })
    const sign = (): Uint8Array => randomBytes(64)
    const nonce = randomBytes(16)
    const code = makeCode({ kind: 'invite', path: INVITE_PATH, nonce, expires: 2e9, sign })
    const line = ['pair', 'redeem', code, '--url', 'http://127.0.0.1:1', '--save']
    const run = await runHere(line, { home: home.path })
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.stderr).toMatch(/\[DAEMON_UNREACHABLE\]\ntry: check --url/)
    expect(run.stderr).not.toContain(code)
    expect(await readdir(home.path)).toEqual(['token'])
  })
})

describe('help', () => {
  const COMMANDS = [
    ...['create', 'list', 'describe', 'revoke'].map((verb) => `service-account ${verb}`),
    ...['create', 'list', 'rotate', 'revoke', 'info', 'save', 'unset', 'show-source'].map(
      (verb) => `token ${verb}`,
    ),
    ...['show', 'set', 'auth-set-cors-origins', 'path'].map((verb) => `config ${verb}`),
    'pair',
    'pair redeem',
  ]

  test.concurrent.for(COMMANDS)('spl %s --help shows an example of itself', async (command) => {
    using home = aHome()
    const run = await runHere([...command.split(' '), '--help'], { home: home.path })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain(`Usage: spl ${command}`)
    expect(run.stdout.split('Examples:')[1]).toContain(`spl ${command}`)
  })
})

test('spl config path names the files of the home, with no daemon', async () => {
  using home = aHome()
  const run = await runHere(['config', 'path', '--json'], { home: home.path })
  expect(run).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(run.stdout)).toEqual({
    object: 'paths',
    home: home.path,
    database: join(home.path, 'hub.db'),
    token: join(home.path, 'token'),
    socket: join(home.path, 'run', 'spl.sock'),
    log: join(home.path, 'logs', 'spl.log'),
  })
  const shown = await runHere(['config', 'path'], { home: home.path })
  expect(shown.stdout).toContain(`Database  ${join(home.path, 'hub.db')}\n`)
})
