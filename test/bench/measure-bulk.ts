import { type CpuPerRequest, type Processes, withCpu } from './cpu-time.ts'
import { middleCpu } from './measure-small.ts'
import type { Stage } from './stage.ts'
import { median, spreadOfPairs, type Spread } from './statistics.ts'
import { transfer } from './transfer.ts'

const MIB = 256
const BYTES = MIB * 1024 * 1024

/** MiB per second of 256 MiB bodies, and the ratios to what an object reaches by itself. */
export interface BulkResult {
  readonly objectStream: number
  /** An object that reads the body as any Worker does. */
  readonly objectSink: number
  /** An object that reads with large buffers of its own: the runtime's own limit. */
  readonly objectLargeSink: number
  readonly down: number
  readonly up: number
  /** Microseconds of CPU per MiB of each process, medians over the rounds. */
  readonly cpuDown: CpuPerRequest
  readonly cpuUp: CpuPerRequest
  /** Of the object that makes the stream by itself. */
  readonly cpuObjectStream: CpuPerRequest
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
  const relay = { workerd: gateway.pid, front: gateway.frontPid, daemon: stage.home.pid as number }
  const counted: Partial<Record<keyof typeof measures, Processes>> = {
    objectStream: { workerd: ceiling.pid },
    down: relay,
    up: relay,
  }
  const cpu = {
    objectStream: [] as CpuPerRequest[],
    down: [] as CpuPerRequest[],
    objectSink: [] as CpuPerRequest[],
    objectLargeSink: [] as CpuPerRequest[],
    up: [] as CpuPerRequest[],
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
      const moved = await withCpu(counted[name] ?? {}, async () => ({
        speed: await measures[name](),
        answered: MIB,
      }))
      if (round < 0) continue
      results[name].push(moved.speed)
      cpu[name].push(moved.cpu)
    }
  }
  return {
    objectStream: median(results.objectStream),
    objectSink: median(results.objectSink),
    objectLargeSink: median(results.objectLargeSink),
    down: median(results.down),
    up: median(results.up),
    cpuDown: middleCpu(cpu.down),
    cpuUp: middleCpu(cpu.up),
    cpuObjectStream: middleCpu(cpu.objectStream),
    downOfObjectStream: spreadOfPairs(results.down, results.objectStream),
    upOfObjectSink: spreadOfPairs(results.up, results.objectSink),
    upOfObjectLargeSink: spreadOfPairs(results.up, results.objectLargeSink),
  }
}
