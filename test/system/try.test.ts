import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aHome } from '../support/daemon/a-daemon.ts'
import { nothingRuns } from '../support/processes-of.ts'
import { runSpl, startSpl } from '../support/cli/run-spl.ts'

const run = promisify(execFile)

let home: ReturnType<typeof aHome>

beforeEach(() => {
  home = aHome()
})

afterEach(async () => {
  try {
    await nothingRuns(home.path)
  } finally {
    home[Symbol.dispose]()
  }
})

interface Ready {
  readonly public_url: string
  readonly cacert: string
  readonly daemon_url: string
  readonly bearer: string
  readonly home: string
}

async function outputUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = ''
  for await (const chunk of (child.stdout as Readable).iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    if (pattern.test(output)) return output
  }
  throw new Error(`ended before ${pattern}: ${output}`)
}

function sh(line: string): Promise<{ stdout: string }> {
  return run('/bin/sh', ['-c', line])
}

async function interrupt(child: ChildProcess): Promise<number | null> {
  const closed = once(child, 'close') as Promise<[number | null]>
  child.kill('SIGINT')
  child.stdout?.resume()
  return (await closed)[0]
}

describe('spl try --check', () => {
  test('does the main job, step by step, twice in the same home', { timeout: 60_000 }, async () => {
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await runSpl(['try', '--check', '--home', home.path], {
        home: '/nonexistent',
      })
      expect(stderr).toBe('')
      expect(stdout.trim().split('\n')).toEqual([
        expect.stringMatching(/^ok {4}open an event stream through the gateway: /),
        expect.stringMatching(/^ok {4}append through the public hostname: 201 /),
        expect.stringMatching(/^ok {4}read it back: 200/),
        expect.stringMatching(/^ok {4}receive it as an event: event: record /),
        expect.stringMatching(
          /^ok {4}a forged bearer token is refused by the gateway: 401 AUTH_INVALID/,
        ),
        expect.stringMatching(/^ok {4}a foreign origin cannot read: /),
        expect.stringMatching(/^ok {4}a foreign preflight is not allowed: /),
      ])
      expect(code).toBe(0)
      await nothingRuns(home.path)
    }
  })

  test('says which home is taken', async () => {
    const first = startSpl(['try', '--json', '--home', home.path], { home: home.path })
    await outputUntil(first, /\n/)
    const second = await runSpl(['try', '--check', '--home', home.path], { home: home.path })
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(/^error: .*\[STORAGE_IN_USE\]\ntry: .*--home/m)
    expect(await interrupt(first)).toBe(0)
  })
})

describe('spl try', () => {
  test('tells scripts what they need, keeps its bearer, and Ctrl-C stops all', async () => {
    const bearers: string[] = []
    const places: string[][] = []
    for (let time = 0; time < 2; time++) {
      const child = startSpl(['try', '--json', '--home', home.path], { home: '/nonexistent' })
      const ready = JSON.parse(await outputUntil(child, /\n/)) as Ready
      expect(Object.keys(ready)).toEqual(['public_url', 'cacert', 'daemon_url', 'bearer', 'home'])
      bearers.push(ready.bearer)
      places.push([ready.public_url, ready.daemon_url])
      const env = {
        SPL_SERVE_URL: ready.public_url,
        SPL_TOKEN: ready.bearer,
        NODE_EXTRA_CA_CERTS: ready.cacert,
      }
      const seen = await runSpl(['intend', 'from afar', '--json'], { home: '/nonexistent', env })
      expect(seen).toMatchObject({ code: 0, stderr: '' })
      const threads = await runSpl(['thread', 'list'], { home: ready.home })
      expect(threads.stdout).toContain('from afar')
      const status = await runSpl(['status', '--json'], { home: ready.home })
      expect(JSON.parse(status.stdout)).toMatchObject({
        address: ready.daemon_url,
        gateway: ready.public_url,
        reachable: true,
      })
      expect(await interrupt(child)).toBe(0)
      await nothingRuns(home.path)
    }
    expect(bearers[1]).toBe(bearers[0])
    // Lines that were pasted work again.
    expect(places[1]).toEqual(places[0])
    expect(statSync(join(home.path, 'token')).mode & 0o777).toBe(0o600)
  })

  test('prints three curl lines that work when pasted', async () => {
    const child = startSpl(['try', '--home', home.path], { home: '/nonexistent' })
    const output = await outputUntil(child, /Ctrl-C/)
    const [append = '', read = '', follow = ''] = output.match(/^curl .*$/gmu) ?? []
    expect(JSON.parse((await sh(append)).stdout)).toMatchObject({ object: 'record', clock: 0 })
    expect(JSON.parse((await sh(read)).stdout)).toMatchObject({ data: [{ act: 'INTEND' }] })
    const follower = spawn('/bin/sh', ['-c', `exec ${follow}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await outputUntil(follower, /event: ready/)
    const { id } = JSON.parse((await sh(append)).stdout) as { id: string }
    expect(await outputUntil(follower, /event: record\n.*\n\n/)).toContain(id)
    follower.kill()
    expect(await interrupt(child)).toBe(0)
  })

  test('leaves nothing behind when it is killed with SIGKILL, and starts again', async () => {
    const child = startSpl(['try', '--json', '--home', home.path], { home: '/nonexistent' })
    await outputUntil(child, /\n/)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await nothingRuns(home.path)
    const check = await runSpl(['try', '--check', '--home', home.path], { home: home.path })
    expect(check.code).toBe(0)
  })
})

test('npm start that is told to stop leaves no process behind', async () => {
  const script = (
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      scripts: { start: string }
    }
  ).scripts.start
  // As npm runs a script: by a shell, which gets the signal that npm gets.
  const line = script.replace('--home .start', `--json --home ${home.path}`)
  const bin = dirname(process.execPath)
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await outputUntil(child, /\n/)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
  await nothingRuns(home.path)
})
