import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startDaemon } from '../../local-daemon/daemon.ts'
import type { AppendResult } from '../../local-daemon/store/transactor.ts'
import { until } from '../gateway/until.ts'
import { aDraft, aHome } from './a-daemon.ts'

/** The example of docs/http-api.md, as it stands there. */
function example(): string {
  const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8')
  return /```js\n(.*?)```/s.exec(page)?.[1] ?? ''
}

const REPORT = `
  const [, url, bearer] = process.argv
  await follow(url, bearer, 'th_test', ({ record }) => console.log(record.clock))`

function clockOf({ record }: AppendResult): number {
  return (JSON.parse(record.raw) as { readonly clock: number }).clock
}

test('the page’s EventSource example goes on where a restart of the daemon cut it', async () => {
  using home = aHome()
  const options = { home: home.path, logger: pino({ level: 'silent' }) }
  await using first = await startDaemon({ ...options, port: 0 })
  const { port } = first.addresses.tcp
  const code = ['--experimental-eventsource', '--input-type=module', '-e', example() + REPORT]
  const given = [`http://127.0.0.1:${port}`, first.adminBearer ?? '']
  const reader = spawn(process.execPath, [...code, ...given], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const seen: number[] = []
    createInterface(reader.stdout).on('line', (line) => seen.push(Number(line)))
    // It begins with what comes once it is connected, and nobody is told when that is.
    await until('the example hands on a record', async () => {
      await first.store.append(aDraft())
      return seen.length > 0
    })
    await first.stop()
    await using second = await startDaemon({ ...options, port })
    const last = clockOf(await second.store.append(aDraft()))
    await until('it hands on the last one', () => seen.at(-1) === last)
    const [begin = 0] = seen
    expect(seen).toEqual(Array.from({ length: last - begin + 1 }, (_, at) => begin + at))
  } finally {
    reader.kill()
  }
})
