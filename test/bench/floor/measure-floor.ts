import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker } from '../../../local-daemon/gateway/worker-bundle.ts'
import { type CpuPerRequest, withCpu } from '../cpu-time.ts'
import { load, type LoadResult } from '../load.ts'
import { middleCpu } from '../measure-small.ts'
import { rawSqliteRate } from '../raw-sqlite.ts'
import { type RawWorkerd, startRawWorkerd } from '../raw-workerd.ts'
import { growingRecord } from '../record-body.ts'
import type { Stage } from '../stage.ts'
import { type Spread, spreadOfPairs } from '../statistics.ts'
import { measureBehindFront } from './measure-behind-front.ts'
import { type BulkDown, type BulkFloorResult, measureBulkFloor } from './measure-bulk-floor.ts'

/** Of a relay that does as little as this runtime allows, without a front, and of appends that check nothing. */
export interface FloorResult {
  readonly cpuGet: CpuPerRequest
  readonly cpuPost: CpuPerRequest
  readonly getOfEmptyObject: Spread
  readonly postOfDirectGet: Spread
  readonly appendOfRawSqlite: Spread
  readonly bulk: BulkFloorResult
  readonly behindFront: BulkDown
}

const WRITERS = 32
/** Names of its files of raw rows: no other part has them. */
const FIRST_RAW_FILE = 1_000

/** In turns with what the gateway's own figures are divided by. */
export async function measureFloor(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  rounds: number,
  seconds: number,
): Promise<FloorResult> {
  const directory = join(stage.directory, 'floor')
  const relay = await startRawWorkerd(
    directory,
    await bundleWorker(fileURLToPath(new URL('relay-worker.ts', import.meta.url))),
  )
  const child = fork(fileURLToPath(new URL('floor-home.ts', import.meta.url)), [
    join(directory, 'plain.db'),
    relay.url,
  ])
  try {
    const [{ url }] = (await once(child, 'message')) as [{ url: string }]
    const home = { url, pid: child.pid as number }
    const floor = { stage, relay, home }
    const bulk = await measureBulkFloor(floor, rounds, seconds)
    const rest = await measured(floor, tool, rounds, seconds)
    return { ...rest, bulk, behindFront: await measureBehindFront(floor, directory, rounds) }
  } finally {
    const exited = once(child, 'exit')
    child.disconnect()
    await exited
    await relay.stop()
  }
}

export interface Floor {
  readonly stage: Stage
  readonly relay: RawWorkerd
  readonly home: { readonly url: string; readonly pid: number }
}

type Measured = LoadResult & { readonly cpu: CpuPerRequest }

async function measured(
  { stage, relay, home }: Floor,
  tool: 'wrk' | 'autocannon',
  rounds: number,
  seconds: number,
): Promise<Omit<FloorResult, 'bulk' | 'behindFront'>> {
  const { bearer, ceiling, directUrl, directory } = stage
  const json = growingRecord()
  const of = { workerd: relay.pid, daemon: home.pid }
  const many = (url: string, what: { json?: string } = {}) =>
    load(tool, { url, bearer, connections: WRITERS, seconds, ...what })
  const results = {
    directGet: [] as LoadResult[],
    object: [] as LoadResult[],
    get: [] as Measured[],
    post: [] as Measured[],
    append: [] as LoadResult[],
    raw: [] as number[],
  }
  await many(relay.url)
  for (let round = 0; round < rounds; round += 1) {
    results.directGet.push(await many(directUrl + stage.recordPath))
    results.post.push(await withCpu(of, () => many(relay.url, { json })))
    results.object.push(await many(`${ceiling.url}/object`))
    results.get.push(await withCpu(of, () => many(relay.url)))
    results.append.push(await many(home.url, { json }))
    results.raw.push(rawSqliteRate(directory, FIRST_RAW_FILE + round, Math.min(seconds, 1)))
  }
  const rates = (some: readonly LoadResult[]) => some.map(({ perSecond }) => perSecond)
  return {
    cpuGet: middleCpu(results.get.map(({ cpu }) => cpu)),
    cpuPost: middleCpu(results.post.map(({ cpu }) => cpu)),
    getOfEmptyObject: spreadOfPairs(rates(results.get), rates(results.object)),
    postOfDirectGet: spreadOfPairs(rates(results.post), rates(results.directGet)),
    appendOfRawSqlite: spreadOfPairs(rates(results.append), results.raw),
  }
}
