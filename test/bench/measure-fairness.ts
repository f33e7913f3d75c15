import { load, middle, type LoadResult } from './load.ts'
import type { Stage } from './stage.ts'
import { spreadOfPairs, type Spread } from './statistics.ts'
import { startBulk } from './transfer.ts'

const MIB = 1024 * 1024

export interface FairnessResult {
  readonly idle: LoadResult
  readonly underBulk: LoadResult
  /** Over the rounds, p99 under bulk ÷ p99 idle. */
  readonly p99Ratio: Spread
}

/**
 * A reply of 1 KiB over one connection, alone and while a bulk download takes all it can get. Always by
 * autocannon: `wrk` corrects its percentiles for requests it could not send, which is another question.
 */
export async function measureFairness(
  stage: Stage,
  rounds: number,
  seconds: number,
): Promise<FairnessResult> {
  const { bearer, gateway } = stage
  const options = { url: `${gateway.url}/bench/small`, bearer, connections: 1, seconds }
  const idle: LoadResult[] = []
  const underBulk: LoadResult[] = []
  for (let round = 0; round < rounds; round += 1) {
    idle.push(await load('autocannon', options))
    await using _bulk = await startBulk(
      `${gateway.url}/bench/down?bytes=${1024 * 1024 * MIB}`,
      bearer,
    )
    underBulk.push(await load('autocannon', options))
  }
  return {
    idle: middle(idle),
    underBulk: middle(underBulk),
    p99Ratio: spreadOfPairs(
      underBulk.map(({ p99Ms }) => p99Ms),
      idle.map(({ p99Ms }) => p99Ms),
    ),
  }
}
