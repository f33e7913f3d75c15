import { type CpuPerRequest, type Processes, withCpu } from '../cpu-time.ts'
import { load, type LoadResult, middle } from '../load.ts'
import { middleCpu } from '../measure-small.ts'
import { median, type Spread, spreadOfPairs } from '../statistics.ts'
import { startBulk, transfer } from '../transfer.ts'
import type { Floor } from './measure-floor.ts'

const MIB = 1024 * 1024
const DOWN_MIB = 256
/** Bytes of a message, and messages ahead of the client: of 64 KiB, 256 KiB and 1 MiB the cheapest. */
const BULK = { piece: MIB, ahead: 4 }

/** A download of 256 MiB through the smallest relay. */
export interface BulkDown {
  /** MiB per second. */
  readonly down: number
  /** Microseconds of CPU per MiB of each process. */
  readonly cpuDown: CpuPerRequest
  readonly downOfObjectStream: Spread
}

/** Of the smallest relay: a download that nobody frames, checks or counts, and small replies beside it. */
export interface BulkFloorResult extends BulkDown {
  readonly idle: LoadResult
  readonly underBulk: LoadResult
  /** Over the rounds, p99 under bulk ÷ p99 idle. */
  readonly p99Ratio: Spread
}

/** The loads are those of `bulk_down_of_object_stream` and `small_reply_p99_under_bulk`. */
export async function measureBulkFloor(
  { stage, relay, home }: Floor,
  rounds: number,
  seconds: number,
): Promise<BulkFloorResult> {
  const { bearer, ceiling } = stage
  const of = { workerd: relay.pid, daemon: home.pid }
  const small = { url: `${relay.url}/small`, bearer, connections: 1, seconds }
  const bulk = await measureBulkDown(ceiling.url, relay.url, of, rounds)
  const results = {
    idle: [] as LoadResult[],
    underBulk: [] as LoadResult[],
  }
  for (let round = 0; round < rounds; round += 1) {
    results.idle.push(await load('autocannon', small))
    await using _bulk = await startBulk(bulkUrl(relay.url, MIB * MIB), bearer)
    results.underBulk.push(await load('autocannon', small))
  }
  return {
    ...bulk,
    idle: middle(results.idle),
    underBulk: middle(results.underBulk),
    p99Ratio: spreadOfPairs(
      results.underBulk.map(({ p99Ms }) => p99Ms),
      results.idle.map(({ p99Ms }) => p99Ms),
    ),
  }
}

/** @param ceiling origin of the object that makes the stream by itself @param relay of the relay, or of a front before it */
export async function measureBulkDown(
  ceiling: string,
  relay: string,
  of: Processes,
  rounds: number,
): Promise<BulkDown> {
  const bytes = DOWN_MIB * MIB
  const results = {
    objectStream: [] as number[],
    down: [] as number[],
    cpu: [] as CpuPerRequest[],
  }
  // One unmeasured download: the runtime compiles.
  await transfer({ url: bulkUrl(relay, bytes) })
  for (let round = 0; round < rounds; round += 1) {
    results.objectStream.push(await transfer({ url: `${ceiling}/stream?bytes=${bytes}` }))
    const { speed, cpu } = await withCpu(of, async () => ({
      speed: await transfer({ url: bulkUrl(relay, bytes) }),
      answered: DOWN_MIB,
    }))
    results.down.push(speed)
    results.cpu.push(cpu)
  }
  return {
    down: median(results.down),
    cpuDown: middleCpu(results.cpu),
    downOfObjectStream: spreadOfPairs(results.down, results.objectStream),
  }
}

function bulkUrl(relay: string, bytes: number): string {
  return `${relay}/bulk?bytes=${bytes}&piece=${BULK.piece}&ahead=${BULK.ahead}`
}
