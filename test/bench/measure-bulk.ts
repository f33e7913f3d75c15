import type { Stage } from './stage.ts'
import { median, spreadOfPairs, type Spread } from './statistics.ts'
import { transfer } from './transfer.ts'

const BYTES = 256 * 1024 * 1024

/** MiB per second of 256 MiB bodies, and the ratios to what an object reaches by itself. */
export interface BulkResult {
  readonly objectStream: number
  /** An object that reads the body as any Worker does. */
  readonly objectSink: number
  /** An object that reads with large buffers of its own: the runtime's own limit. */
  readonly objectLargeSink: number
  readonly down: number
  readonly up: number
  readonly downOfObjectStream: Spread
  readonly upOfObjectSink: Spread
  readonly upOfObjectLargeSink: Spread
}

export async function measureBulk(stage: Stage, rounds: number): Promise<BulkResult> {
  const { bearer, gateway, ceiling } = stage
  const measures = {
    objectStream: () => transfer({ url: `${ceiling.url}/stream?bytes=${BYTES}` }),
    down: () => transfer({ url: `${gateway.url}/bench/down?bytes=${BYTES}`, bearer }),
    objectSink: () => transfer({ url: `${ceiling.url}/sink`, upload: BYTES }),
    objectLargeSink: () => transfer({ url: `${ceiling.url}/large-sink`, upload: BYTES }),
    up: () => transfer({ url: `${gateway.url}/bench/up`, bearer, upload: BYTES }),
  }
  const results = {
    objectStream: [] as number[],
    down: [] as number[],
    objectSink: [] as number[],
    objectLargeSink: [] as number[],
    up: [] as number[],
  }
  // One unmeasured round: both runtimes compile, the link's windows find their size.
  for (let round = -1; round < rounds; round += 1) {
    for (const name of Object.keys(measures) as (keyof typeof measures)[]) {
      const speed = await measures[name]()
      if (round >= 0) results[name].push(speed)
    }
  }
  return {
    objectStream: median(results.objectStream),
    objectSink: median(results.objectSink),
    objectLargeSink: median(results.objectLargeSink),
    down: median(results.down),
    up: median(results.up),
    downOfObjectStream: spreadOfPairs(results.down, results.objectStream),
    upOfObjectSink: spreadOfPairs(results.up, results.objectSink),
    upOfObjectLargeSink: spreadOfPairs(results.up, results.objectLargeSink),
  }
}
