import { withCpu, type CpuPerRequest, type Processes } from './cpu-time.ts'
import { load, middle, type LoadOptions, type LoadResult } from './load.ts'
import type { Stage } from './stage.ts'
import { median, spreadOfPairs, type Spread } from './statistics.ts'

export interface SmallResult {
  readonly connections: number
  /** Medians over the rounds, by subject. */
  readonly subjects: Readonly<Record<Subject, LoadResult>>
  /** Microseconds of CPU per request of each process that a subject uses, medians over the rounds. */
  readonly cpu: Readonly<Record<Subject, CpuPerRequest>>
  /** Over the rounds, requests per second of gateway ÷ empty object, each pair taken back to back. */
  readonly ofEmptyObject: Spread
  /** CPU of workerd per request: empty object ÷ gateway. */
  readonly cpuObjectOfGateway: Spread
  /** CPU of the daemon per request: on loopback ÷ through the tunnel. */
  readonly cpuDirectOfHome: Spread
}

const SUBJECTS = ['direct', 'worker', 'object', 'gateway'] as const
type Subject = (typeof SUBJECTS)[number]
type Round = LoadResult & { readonly cpu: CpuPerRequest }

/** Seconds of load that nothing measures: what is compiled then is no cost of a request. */
const WARM_UP_SECONDS = 1

/** Small requests: direct, the platform's ceilings and the gateway in turns, so that noise hits all. */
export async function measureSmall(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  connections: number,
  rounds: number,
  seconds: number,
): Promise<SmallResult> {
  const { bearer, gateway, ceiling } = stage
  const daemon = stage.home.pid as number
  const workerd = { workerd: ceiling.pid }
  const subjects: Record<Subject, Pick<LoadOptions, 'url' | 'bearer'> & { of: Processes }> = {
    direct: { url: stage.directUrl + stage.recordPath, bearer, of: { daemon } },
    worker: { url: `${ceiling.url}/worker`, of: workerd },
    object: { url: `${ceiling.url}/object`, of: workerd },
    gateway: {
      url: gateway.url + stage.recordPath,
      bearer,
      of: { workerd: gateway.pid, front: gateway.frontPid, daemon },
    },
  }
  const results: Record<Subject, Round[]> = { direct: [], worker: [], object: [], gateway: [] }
  for (let round = -1; round < rounds; round += 1) {
    for (const subject of SUBJECTS) {
      const { of, ...target } = subjects[subject]
      // The empty Worker shares its process with the empty object: one of them warms both.
      if (round === -1 && subject === 'worker') continue
      const once = round === -1 ? Math.min(WARM_UP_SECONDS, seconds) : seconds
      const result = await withCpu(of, () => load(tool, { ...target, connections, seconds: once }))
      if (round >= 0) results[subject].push(result)
    }
  }
  const rates = (subject: Subject) => results[subject].map(({ perSecond }) => perSecond)
  return {
    connections,
    subjects: bySubject((subject) => middle(results[subject])),
    cpu: bySubject((subject) => middleCpu(results[subject].map(({ cpu }) => cpu))),
    ofEmptyObject: spreadOfPairs(rates('gateway'), rates('object')),
    cpuObjectOfGateway: spreadOfPairs(
      cpuOf(results.object, 'workerd'),
      cpuOf(results.gateway, 'workerd'),
    ),
    cpuDirectOfHome: spreadOfPairs(
      cpuOf(results.direct, 'daemon'),
      cpuOf(results.gateway, 'daemon'),
    ),
  }
}

function bySubject<Value>(of: (subject: Subject) => Value): Record<Subject, Value> {
  const entries = SUBJECTS.map((subject) => [subject, of(subject)] as const)
  return Object.fromEntries(entries) as Record<Subject, Value>
}

function cpuOf(rounds: readonly Round[], name: string): number[] {
  return rounds.map(({ cpu }) => cpu[name] ?? Number.NaN)
}

/** The middle one of several rounds, process by process. */
export function middleCpu(rounds: readonly CpuPerRequest[]): CpuPerRequest {
  return Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => {
      const figures = rounds.map((round) => round[name] ?? null)
      return [name, figures.includes(null) ? null : median(figures as number[])]
    }),
  )
}
