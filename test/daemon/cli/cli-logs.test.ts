import { once } from 'node:events'
import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createInterface, type Interface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { logText } from '../../../local-daemon/cli/logs/log-text.ts'
import { lastLines } from '../../../local-daemon/cli/logs/last-lines.ts'
import { runFitting } from '../../support/cli/run-here.ts'
import { startSpl } from '../../support/cli/run-spl.ts'
import { aHome } from '../../support/daemon/a-daemon.ts'
import { plain } from '../../support/cli/plain.ts'
import { localMs } from '../../../local-daemon/cli/output/local-time.ts'

let home: ReturnType<typeof aHome>
let log: string

beforeEach(() => {
  home = aHome()
  mkdirSync(join(home.path, 'logs'), { mode: 0o700 })
  log = join(home.path, 'logs', 'spl.log')
})
afterEach(() => home[Symbol.dispose]())

const line = (msg: string, level = 30) =>
  `${JSON.stringify({ level, time: 1795531721123, pid: 7, msg })}\n`
const spl = (...args: string[]) => runFitting(args, { home: home.path })

function messages(stdout: string): string[] {
  const lines = stdout.split('\n').filter((text) => text !== '')
  return lines.map((text) => (JSON.parse(text) as { msg: string }).msg)
}

describe('a line of the log', () => {
  test('is shown as time, level, message and fields', () => {
    const entry = { level: 40, time: 1795531721123, pid: 7, record: 'ab', list: [1], msg: 'hm' }
    expect(plain(logText(JSON.stringify(entry)))).toBe(
      `${localMs(1795531721123)}  warn   hm  record=ab  list=[1]`,
    )
    const failed = { level: 50, time: 0, msg: 'read', err: { message: 'no such file', stack: 'x' } }
    expect(logText(JSON.stringify(failed))).toContain('error  read  error="no such file"')
  })

  test('that is not valid is shown as it is, and no control character reaches the terminal', () => {
    expect(logText('{"cut')).toBe('{"cut')
    expect(logText('\u001B[2J')).toBe('\uFFFD[2J')
    const hostile = { level: 30, time: 1, msg: '\u009B2J', 'na\u001Bme': 'a\u202Eb' }
    // oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
    expect(logText(JSON.stringify(hostile))).not.toMatch(/[\u001B\u009B\u202E]/)
  })
})

test.for([0, 1, 3, 1999, 2000, 5000])('the last %d lines of a long file are found', (count) => {
  const all = Array.from({ length: 2000 }, (_, at) => `${at} ${'ä'.repeat(at % 97)}`)
  writeFileSync(log, `${all.join('\n')}\nnot whole`)
  const { lines, end } = lastLines(log, count)
  expect(lines).toEqual(count === 0 ? [] : all.slice(-count))
  expect(end).toBe(Buffer.byteLength(`${all.join('\n')}\n`))
})

describe('spl logs', () => {
  test('shows the last lines, also from files that were set aside', async () => {
    writeFileSync(`${log}.2`, line('one') + line('two'))
    writeFileSync(`${log}.1`, line('three') + line('four'))
    writeFileSync(log, line('five'))
    const all = await spl('logs', '--json')
    expect(messages(all.stdout)).toEqual(['one', 'two', 'three', 'four', 'five'])
    expect(messages((await spl('logs', '--json', '-n', '4')).stdout)).toEqual([
      'two',
      'three',
      'four',
      'five',
    ])
    const shown = await spl('serve', '--logs', '--no-follow', '-n', '1')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toBe('2026-11-24 14:48:41.123  info   five\n')
    expect((await spl('logs', '-n', '0')).stdout).toBe('')
  })

  test('leaves out of --json what a crash has cut, and says so', async () => {
    writeFileSync(log, `${line('one')}{"level":30,"ms\n${line('two')}`)
    const { stdout, stderr } = await spl('logs', '--json')
    expect(messages(stdout)).toEqual(['one', 'two'])
    expect(stderr).toContain('not JSON')
  })

  test('says where it looked when there is none', async () => {
    const run = await spl('logs')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/spl\.log.*\[LOG_MISSING\]\ntry: run it on the daemon’s machine/)
  })

  test('shows the log of a real daemon', async () => {
    expect((await spl('serve', '--daemon', '--port', '0')).code).toBe(0)
    await spl('serve', '--stop')
    const { stdout } = await spl('logs')
    expect(stdout).toMatch(/info {3}daemon started {2}version=/)
    expect(stdout).toMatch(/info {3}daemon stopping/)
  })
})

describe('spl logs --follow', () => {
  async function nextOf(lines: Interface): Promise<string> {
    const [text] = (await once(lines, 'line')) as [string]
    return (JSON.parse(text) as { msg: string }).msg
  }

  test('goes on through rotation and truncation, misses nothing, and ends with Ctrl-C', async () => {
    writeFileSync(log, line('old'))
    const child = startSpl(['logs', '-f', '-n', '1', '--json'], { home: home.path })
    const lines = createInterface({ input: child.stdout as Readable })
    const next = () => nextOf(lines)
    expect(await next()).toBe('old')
    appendFileSync(log, line('appended'))
    expect(await next()).toBe('appended')

    // Two rotations between two looks: what is in between is read too.
    const seen: string[] = []
    lines.on('line', (text) => seen.push((JSON.parse(text) as { msg: string }).msg))
    appendFileSync(log, line('last of the first'))
    renameSync(log, `${log}.1`)
    writeFileSync(log, line('the second'))
    renameSync(`${log}.1`, `${log}.2`)
    renameSync(log, `${log}.1`)
    writeFileSync(log, line('the third'))
    await expect.poll(() => seen).toEqual(['last of the first', 'the second', 'the third'])

    truncateSync(log, 0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    appendFileSync(log, line('cut'))
    await expect.poll(() => seen.at(-1)).toBe('cut')

    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  test('waits for a log that is not there yet', async () => {
    const child = startSpl(['serve', '--logs', '--json'], { home: home.path })
    const lines = createInterface({ input: child.stdout as Readable })
    await once(child.stderr as Readable, 'data')
    writeFileSync(log, line('first'))
    expect(await nextOf(lines)).toBe('first')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })
})
