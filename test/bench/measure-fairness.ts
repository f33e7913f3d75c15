import { get, type ClientRequest } from 'node:http'
import { load, type LoadResult } from './load.ts'
import type { Stage } from './stage.ts'
import { median } from './statistics.ts'

const MIB = 1024 * 1024

export interface FairnessResult {
  readonly idle: LoadResult
  readonly underBulk: LoadResult
  /** Median over the rounds of p99 under bulk ÷ p99 idle. */
  readonly p99Ratio: number
}

/** A reply of 1 KiB over one connection, alone and while a bulk download takes all it can get. */
export async function measureFairness(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  rounds: number,
  seconds: number,
): Promise<FairnessResult> {
  const idle: LoadResult[] = []
  const underBulk: LoadResult[] = []
  const options = {
    url: `${stage.gateway.url}/bench/small`,
    bearer: stage.bearer,
    connections: 1,
    seconds,
  }
  for (let round = 0; round < rounds; round += 1) {
    idle.push(await load(tool, options))
    const bulk = await startBulk(stage)
    underBulk.push(await load(tool, options))
    bulk.destroy()
  }
  return {
    idle: middle(idle),
    underBulk: middle(underBulk),
    p99Ratio: median(
      underBulk.map((result, round) => result.p99Ms / (idle[round] as LoadResult).p99Ms),
    ),
  }
}

/** A download without an end in sight, read as fast as it comes. */
function startBulk(stage: Stage): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = get(`${stage.gateway.url}/bench/down?bytes=${1024 * 1024 * MIB}`, {
      headers: { authorization: `Bearer ${stage.bearer}` },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      response.on('error', () => {})
      response.resume()
      resolve(request)
    })
  })
}

function middle(results: readonly LoadResult[]): LoadResult {
  return {
    perSecond: median(results.map((result) => result.perSecond)),
    p50Ms: median(results.map((result) => result.p50Ms)),
    p99Ms: median(results.map((result) => result.p99Ms)),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  }
}
