import { withCpu, type CpuPerRequest } from './cpu-time.ts'
import { load, middle, type LoadResult } from './load.ts'
import { middleCpu } from './measure-small.ts'
import { rawSqliteRate } from './raw-sqlite.ts'
import { growingRecord } from './record-body.ts'
import type { Stage } from './stage.ts'
import { median, spreadOfPairs, type Spread } from './statistics.ts'

export interface AppendResult {
  /** Through the gateway, over one connection and over 32. */
  readonly postOne: LoadResult
  readonly post: LoadResult
  /** On loopback, by 32 writers. */
  readonly direct: LoadResult
  readonly cpu: CpuPerRequest
  readonly rawSqlitePerSecond: number
  /** Appends through the gateway ÷ GETs on loopback, per second, 32 connections each. */
  readonly postOfDirectGet: Spread
  /** Appends by 32 writers on loopback ÷ rows of better-sqlite3 alone, per second. */
  readonly ofRawSqlite: Spread
}

const WRITERS = 32

/** Appends, in turns with what they are compared with. */
export async function measureAppend(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  rounds: number,
  seconds: number,
): Promise<AppendResult> {
  const { bearer, writer, gateway, directUrl } = stage
  const json = growingRecord()
  const of = { workerd: gateway.pid, front: gateway.frontPid, daemon: stage.home.pid as number }
  const post = (base: string, connections: number) =>
    load(tool, { url: `${base}/v1/records`, bearer: writer, json, connections, seconds })
  const results = {
    get: [] as LoadResult[],
    post: [] as (LoadResult & { readonly cpu: CpuPerRequest })[],
    postOne: [] as LoadResult[],
    direct: [] as LoadResult[],
    raw: [] as number[],
  }
  for (let round = 0; round < rounds; round += 1) {
    const url = directUrl + stage.recordPath
    results.get.push(await load(tool, { url, bearer, connections: WRITERS, seconds }))
    results.post.push(await withCpu(of, () => post(gateway.url, WRITERS)))
    results.direct.push(await post(directUrl, WRITERS))
    results.raw.push(rawSqliteRate(stage.directory, round, Math.min(seconds, 1)))
    results.postOne.push(await post(gateway.url, 1))
  }
  const rates = (of: readonly LoadResult[]) => of.map(({ perSecond }) => perSecond)
  return {
    postOne: middle(results.postOne),
    post: middle(results.post),
    direct: middle(results.direct),
    cpu: middleCpu(results.post.map(({ cpu }) => cpu)),
    rawSqlitePerSecond: median(results.raw),
    postOfDirectGet: spreadOfPairs(rates(results.post), rates(results.get)),
    ofRawSqlite: spreadOfPairs(rates(results.direct), results.raw),
  }
}
