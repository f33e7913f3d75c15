import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startDaemon } from '../../local-daemon/daemon.ts'
import type { AppendResult } from '../../local-daemon/store/transactor.ts'
import { until } from '../support/until.ts'
import { aDaemon, aDraft, aHome } from '../support/daemon/a-daemon.ts'
import { pageExample } from '../support/clients/page-example.ts'

/** Runs it as a page would; it prints each record's clock. */
function runExample(url: string, bearer: string, more: Readonly<Record<string, string>> = {}) {
  const report = `
    const [, url, bearer, more] = process.argv
    const onRecord = ({ record }) => console.log(record.clock)
    const onRestored = () => console.log('restored')
    await follow({ url, bearer, thread: 'th_test', onRecord, onRestored, ...JSON.parse(more) })`
  const given = [
    '--input-type=module',
    '-e',
    pageExample() + report,
    url,
    bearer,
    JSON.stringify(more),
  ]
  const reader = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'] })
  const seen: string[] = []
  createInterface(reader.stdout).on('line', (line) => seen.push(line))
  return { seen, errors: text(reader.stderr), [Symbol.dispose]: () => void reader.kill() }
}

function clockOf({ record }: AppendResult): string {
  return String((JSON.parse(record.raw) as { readonly clock: number }).clock)
}

test('the page’s example brings what there is, and goes on where a restart of the daemon cut it', async () => {
  using home = aHome()
  const options = { home: home.path, logger: pino({ level: 'silent' }) }
  await using first = await startDaemon({ ...options, port: 0 })
  const { port } = first.addresses.tcp
  const expected = [clockOf(await first.store.append(aDraft()))]
  using reader = runExample(`http://127.0.0.1:${port}`, first.adminBearer ?? '')
  const { seen } = reader
  await until('it hands on what there is', () => seen.length === 1)
  expected.push(clockOf(await first.store.append(aDraft())))
  await until('it hands on what comes', () => seen.length === 2)
  await first.stop()
  await using second = await startDaemon({ ...options, port })
  expected.push(clockOf(await second.store.append(aDraft())))
  await until('it hands on the last one', () => seen.at(-1) === expected.at(-1))
  expect(seen).toEqual(expected)
})

test('the page’s example goes on from a list without a gap', async () => {
  await using at = await aDaemon()
  await at.daemon.store.append(aDraft())
  const list = (await (await at.get('/v1/threads/th_test/records')).json()) as {
    readonly next_cursor: string
  }
  const between = clockOf(await at.daemon.store.append(aDraft()))
  using reader = runExample(at.base, at.bearer, { since: list.next_cursor })
  await until('it hands on the next', () => reader.seen.length > 0)
  expect(reader.seen).toEqual([between])
})

test('the page’s example begins again when its cursor is of a store that was restored', async () => {
  await using at = await aDaemon()
  const clock = clockOf(await at.daemon.store.append(aDraft()))
  using reader = runExample(at.base, at.bearer, { since: '0123456789abcdef:7:0123456789ab' })
  await until('all comes again', () => reader.seen.length > 1)
  expect(reader.seen).toEqual(['restored', clock])
})

test.for([
  ['a thread that is none', { thread: 'x'.repeat(10_000) }, 'INVALID_REQUEST'],
  ['a forged bearer', { bearer: 'spl_x' }, 'AUTH_INVALID'],
  ['a cursor that is none', { since: 'nonsense' }, 'INVALID_CURSOR'],
] as const)('the page’s example ends with the reason for %s', async ([, more, code]) => {
  await using at = await aDaemon()
  using reader = runExample(at.base, at.bearer, more)
  expect(await reader.errors).toContain(code)
})
