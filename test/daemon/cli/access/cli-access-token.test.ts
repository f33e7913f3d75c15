import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCode, INVITE_PATH } from '../../../../protocol/identity/signed-code.ts'
import { mintTokenPayload, tokenId } from '../../../../protocol/identity/token.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import type { SplRun } from '../../../support/cli/run-spl.ts'
import { aHome } from '../../../support/daemon/a-daemon.ts'
import { splWithInput } from '../spl-with-input.ts'

const SA = 'sa_0123456789abcdef'
const sign = (): Uint8Array => randomBytes(64)
/** Its first byte is large: one more digit of base58 then never gives 80 bytes again, which would be another token. */
const random = Buffer.concat([Uint8Array.of(255), randomBytes(15)])
const minted = mintTokenPayload({ env: 'test', saId: SA, random, sign })
const id = await tokenId(minted.secret)

let home: ReturnType<typeof aHome>
let file: string

beforeEach(() => {
  home = aHome()
  file = join(home.path, 'token')
})
afterEach(() => home[Symbol.dispose]())

function spl(args: readonly string[], env: Record<string, string> = {}): Promise<SplRun> {
  return runHere(args, { home: home.path, env })
}

function piped(args: readonly string[], input: string): Promise<SplRun> {
  return splWithInput(args, input, { home: home.path })
}

describe('spl token info', () => {
  test('takes a bearer apart and does not repeat the secret', async () => {
    const run = await spl(['token', 'info', minted.token])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toBe(`Token id  ${id}\nAccount   ${SA}\nEnv       test\n`)
  })

  test('reads stdin with -, and speaks JSON', async () => {
    const run = await piped(['token', 'info', '-', '--json'], ` ${minted.token}\n`)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(run.stdout)).toEqual({
      object: 'token_info',
      env: 'test',
      service_account_id: SA,
      token_id: id,
    })
  })

  test('refuses anything else without repeating it', async () => {
    const run = await spl(['token', 'info', `${minted.token}x`])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/\[TOKEN_INVALID\]\ntry: /)
    expect(run.stderr).not.toContain(minted.secret)
  })

  test('knows an invite', async () => {
    const nonce = randomBytes(16)
    const code = makeCode({ kind: 'invite', path: INVITE_PATH, nonce, expires: 2e9, sign })
    const run = await spl(['token', 'info', code])
    expect(run.stderr).toMatch(/an invite.*\[TOKEN_INVALID\]\ntry: spl pair redeem - --url/)
  })
})

describe('spl token save', () => {
  test('keeps the bearer with mode 0600, and nothing beside it', async () => {
    const run = await piped(['token', 'save', '-'], `${minted.token}\n`)
    expect(run).toEqual({ code: 0, stdout: `saved in ${file}\n`, stderr: '' })
    expect(await readFile(file, 'utf8')).toBe(`${minted.token}\n`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(home.path)).toEqual(['token'])
  })

  test('replaces one that others could read, as a new file', async () => {
    await writeFile(file, 'old\n', { mode: 0o644 })
    const { ino } = await stat(file)
    const run = await spl(['token', 'save', minted.token, '--json'])
    expect(JSON.parse(run.stdout)).toEqual({ object: 'token_file', status: 'saved', path: file })
    const saved = await stat(file)
    expect(saved.mode & 0o777).toBe(0o600)
    expect(saved.ino).not.toBe(ino)
  })

  test('makes a home that is not there, for the owner alone', async () => {
    const path = join(home.path, 'new', 'home')
    const run = await runHere(['token', 'save', minted.token], { home: path })
    expect(run.code).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  test('refuses what is no bearer token without repeating it, and keeps the saved one', async () => {
    await spl(['token', 'save', minted.token])
    const run = await spl(['token', 'save', 'hunter2'])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: that is not a bearer token.*\[TOKEN_INVALID\]\ntry: copy/)
    expect(run.stderr).not.toContain('hunter2')
    expect(await readFile(file, 'utf8')).toBe(`${minted.token}\n`)
  })

  test('refuses the name of a file, and says how to take the token from it', async () => {
    const path = join(home.path, 'ci.token')
    await writeFile(path, `${minted.token}\n`)
    const run = await spl(['token', 'save', path])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain(`try: to take it from the file: spl token save - < ${path}\n`)
    expect(await readdir(home.path)).toEqual(['ci.token'])
  })

  test('warns when SPL_TOKEN wins over it', async () => {
    const run = await spl(['token', 'save', minted.token], { SPL_TOKEN: 'x' })
    expect(run.stderr).toBe('warning: SPL_TOKEN is set and takes precedence over the file\n')
  })

  test.for([
    ['nothing', '\n', 'SECRET_INVALID'],
    ['two words', 'Bearer spl_x', 'SECRET_INVALID'],
    ['two lines', 'a\nb', 'SECRET_INVALID'],
    ['a control character', 'a\u001Bb', 'SECRET_INVALID'],
    ['more than 4096 bytes', 'x'.repeat(4097), 'INPUT_TOO_LONG'],
  ])('refuses %s', async ([, input = '', code]) => {
    const run = await piped(['token', 'save', '-'], input)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain(`[${code}]`)
    expect(await readdir(home.path)).toEqual([])
  })

  test('takes 4096 bytes', async () => {
    expect(await piped(['token', 'save', '-'], minted.token.padEnd(4096))).toMatchObject({
      code: 0,
    })
  })

  test('says when the home cannot hold it', async () => {
    await mkdir(file)
    const run = await spl(['token', 'save', minted.token])
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/^error: write \S+token: .*\[SECRET_NOT_WRITTEN\]\ntry: /)
    expect(run.stderr).not.toContain(minted.secret)
    expect(await readdir(home.path)).toEqual(['token'])
  })
})

describe('spl token unset', () => {
  test('removes the file, and succeeds if there is none', async () => {
    await writeFile(file, 'x', { mode: 0o600 })
    expect(await spl(['token', 'unset'])).toEqual({
      code: 0,
      stdout: `removed ${file}\n`,
      stderr: '',
    })
    const again = await spl(['token', 'unset', '--json'])
    expect(JSON.parse(again.stdout)).toEqual({ object: 'token_file', status: 'absent', path: file })
    expect(again.code).toBe(0)
  })
})

describe('spl token show-source', () => {
  const found = { object: 'token_source', env: 'test', service_account_id: SA, token_id: id }

  test('--token, then SPL_TOKEN, then the file', async () => {
    await writeFile(file, `${minted.token}\n`, { mode: 0o600 })
    const line = ['token', 'show-source', '--json']
    const env = { SPL_TOKEN: minted.token }
    const runs = await Promise.all([
      spl([...line, '--token', minted.token], env),
      spl(line, env),
      spl(line, { SPL_TOKEN: '' }),
    ])
    expect(runs.map(({ stdout }) => JSON.parse(stdout) as unknown)).toEqual([
      { ...found, source: 'option', path: null },
      { ...found, source: 'environment', path: null },
      { ...found, source: 'file', path: file },
    ])
    for (const run of runs) expect(run.stdout).not.toContain(minted.secret)
  })

  test('says that the socket needs none', async () => {
    const run = await spl(['token', 'show-source'], { SPL_TOKEN: minted.token })
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(
      /^Source {4}SPL_TOKEN\nAccount {3}sa_\S+\nEnv {7}test\nToken id {2}[0-9a-f]{64}\n$/,
    )
    expect(run.stderr).toContain('no bearer token is sent while SPL_SERVE_URL is unset')
  })

  test('none is exit code 4', async () => {
    const run = await spl(['token', 'show-source'], { SPL_SERVE_URL: 'https://a.example' })
    expect(run).toEqual({ code: 4, stdout: 'Source  none\n', stderr: 'try: spl token save -\n' })
  })

  test('shows nothing of a text that is no bearer', async () => {
    const run = await spl(['token', 'show-source'], { SPL_TOKEN: 'hunter2' })
    expect(run.stdout).toContain('not in the form of a bearer token')
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })

  test('refuses a file that others may read', async () => {
    await writeFile(file, minted.token)
    await chmod(file, 0o640)
    const run = await spl(['token', 'show-source'])
    expect(run).toMatchObject({ code: 4, stdout: '' })
    expect(run.stderr).toContain(`[TOKEN_INSECURE]\ntry: chmod 600 ${file}`)
  })
})
