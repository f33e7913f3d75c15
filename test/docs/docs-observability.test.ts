import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REQUEST_LIMITS } from '../../local-daemon/requests/limits.ts'
import { aDaemon } from '../support/daemon/a-daemon.ts'
import { EventReader } from '../support/clients/events.ts'
import { parsePrometheus } from '../support/prometheus-text.ts'
import { metricTable } from '../support/metric-table.ts'

const PAGE = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8')

/** Cells of each row whose first cell is code, of the part under a heading. */
function rowsOf(heading: string): string[][] {
  const part = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

test('the appendix has every metric with its type, labels and help, and no other', async () => {
  // Nobody answers there: the families of the link are there all the same.
  await using at = await aDaemon({ tunnel: { gatewayUrl: 'http://127.0.0.1:9' } })
  await at.get('/health')
  const families = parsePrometheus(await (await at.get('/metrics')).text())
  const { written, served } = metricTable('Metrics of the daemon', families)
  expect(written).toEqual(served)
})

test('the page has every field of a line, and no other', async () => {
  await using at = await aDaemon()
  await at.get('/health')
  const reader = new EventReader(await at.get('/v1/tunnel/log?via=all'))
  const [event] = await reader.upTo('request')
  await reader.cancel()
  const fields = Object.keys(JSON.parse((event as { data: string }).data) as object)
  const written = rowsOf('The request log').flatMap(([names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(written.toSorted()).toEqual(fields.toSorted())
})

test('the page says how much is kept', () => {
  expect(PAGE).toContain(`The newest ${REQUEST_LIMITS.requestLogLines} lines`)
  expect(PAGE).toContain(`after ${REQUEST_LIMITS.requestLogPath} characters`)
})
