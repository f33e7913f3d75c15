import { createServer } from 'node:net'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logHeader, logRow } from '../../../../local-daemon/cli/tunnel/log-row.ts'
import { table } from '../../../../local-daemon/cli/output/table.ts'
import { homeAt } from '../../../../local-daemon/home/home.ts'
import { runHere } from '../../../support/cli/run-here.ts'
import { plain } from '../../../support/cli/plain.ts'
import { aDaemon, aHome } from '../../../support/daemon/a-daemon.ts'

describe('what people look for, and there is no command for, has a next step', () => {
  test.each([
    ['namespace rename a b', 'spl namespace create'],
    ['namespace delete a', 'spl namespace archive'],
    ['namespace rm a', 'spl namespace archive'],
    ['thread follow th_x', '/v1/sync/subscribe?thread='],
    ['export records.ndjson', 'spl export -o records.ndjson'],
    ['intend make tea', 'put the text in quotes: spl intend "make tea"'],
    ['learn green tea', 'put the text in quotes: spl learn'],
  ])('spl %s', async (line, next) => {
    using home = aHome()
    const run = await runHere(line.split(' '), { home: home.path })
    expect(run.code).toBe(2)
    expect(plain(run.stderr)).toContain(next)
  })
})

test('a word that an argument does not take is told without the jargon of a parser', async () => {
  using home = aHome()
  const run = await runHere(['completion', 'tcsh'], { home: home.path })
  expect(run.code).toBe(2)
  expect(run.stderr).toContain("error: 'tcsh' is no <shell>: Allowed choices are bash, zsh, fish.")
})

describe('a time span of a setting', () => {
  test('is said as it is given', async () => {
    await using served = await aDaemon()
    const home = served.daemon.home.root
    const set = (value: string) => runHere(['config', 'set', 'backup_every', value], { home })
    for (const [given, shown] of [
      ['1m', '1m'],
      ['90m', '90m'],
      ['24h', '1d'],
      ['90s', '90s'],
      ['off', 'off'],
    ] as const) {
      expect((await set(given)).stdout).toBe(`backup_every: ${shown}\n`)
    }
    const { stderr } = await set('30s')
    expect(stderr).toContain('a minute to a year')
    expect(stderr).toContain('spl config set backup_every 1d')
  })
})

test('to set where backups go says that nothing goes yet without a recipient', async () => {
  await using served = await aDaemon()
  const home = served.daemon.home.root
  const run = await runHere(['config', 'set', 'backup_to', 's3://bucket/home'], { home })
  expect(run.stderr).toContain('nothing is sent yet')
  expect(run.stderr).toContain('spl backup keygen')
  const made = await runHere(['backup', 'create'], { home })
  expect(made.code).toBe(0)
  expect(made.stderr).toMatch(/is sent to s3:|is not in s3:/u)
})

test('a daemon that ends in the middle of an answer is not said to have never run', async () => {
  using home = aHome()
  const { socket } = homeAt(home.path)
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
  const dying = createServer((client) => client.once('data', () => client.destroy()))
  dying.listen(socket)
  await once(dying, 'listening')
  const { code, stderr } = await runHere(['config', 'show'], { home: home.path })
  expect(code).toBe(3)
  expect(stderr).toContain('ended before it had answered [DAEMON_ENDED]')
  expect(stderr).toContain('spl status')
  dying.close()
})

describe('a line of the request log', () => {
  const line = {
    time: Date.UTC(2026, 10, 30, 12, 13, 32, 146),
    via: 'loopback',
    method: 'GET',
    path: `/v1/threads/${'x'.repeat(100)}/records`,
    status: 200,
    outcome: 'cancelled',
    duration_ms: 12_345.6,
    bytes_in: 1,
    bytes_out: 2,
    account: 'sa_1',
  }
  test('says on 80 columns which way it came and what became of it', () => {
    const shown = plain(logRow(line, 80))
    expect(shown.length).toBeLessThanOrEqual(80)
    expect(shown).toContain('  loopback  GET')
    expect(shown).toMatch(/… \(cancelled\)$/u)
    expect(plain(logHeader(80))).toMatch(/^TIME +VIA +METHOD +STATUS +MS +PATH$/u)
    expect(plain(logHeader(80)).indexOf('PATH')).toBe(shown.indexOf('/v1'))
  })
})

test('a block of a table leaves out what has no value', () => {
  const text = plain(table(['NAME', 'CREATED', 'DESCRIPTION'], [['x'.repeat(30), '', '']], 40))
  expect(text).not.toContain('CREATED')
})
