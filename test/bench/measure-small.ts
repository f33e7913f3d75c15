import { load, middle, type LoadOptions, type LoadResult } from './load.ts'
import { recordBody, type Stage } from './stage.ts'
import { median } from './statistics.ts'

export interface SmallResult {
  readonly connections: number
  /** Medians over the rounds, by subject. */
  readonly subjects: Readonly<Record<Subject, LoadResult>>
  /** Median over the rounds of gateway ÷ empty object, each pair taken back to back. */
  readonly ofEmptyObject: number
}

type Subject = 'direct' | 'worker' | 'object' | 'gateway' | 'post'

/** Small requests: direct, the platform's ceilings and the gateway in turns, so that noise hits all. */
export async function measureSmall(
  stage: Stage,
  tool: 'wrk' | 'autocannon',
  connections: number,
  rounds: number,
  seconds: number,
): Promise<SmallResult> {
  const { bearer } = stage
  const json = JSON.stringify(recordBody(0)).replace('"n":0', '"n":{{n}}')
  const subjects: Record<Subject, Pick<LoadOptions, 'url' | 'bearer' | 'json'>> = {
    direct: { url: stage.directUrl + stage.recordPath, bearer },
    worker: { url: `${stage.ceiling.url}/worker` },
    object: { url: `${stage.ceiling.url}/object` },
    gateway: { url: stage.gateway.url + stage.recordPath, bearer },
    post: { url: `${stage.gateway.url}/v1/records`, bearer, json },
  }
  const results: Record<Subject, LoadResult[]> = {
    direct: [],
    worker: [],
    object: [],
    gateway: [],
    post: [],
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of Object.keys(subjects) as Subject[]) {
      results[subject].push(await load(tool, { ...subjects[subject], connections, seconds }))
    }
  }
  const pairs = results.gateway.map((gateway, round) => {
    return gateway.perSecond / (results.object[round] as LoadResult).perSecond
  })
  return {
    connections,
    subjects: {
      direct: middle(results.direct),
      worker: middle(results.worker),
      object: middle(results.object),
      gateway: middle(results.gateway),
      post: middle(results.post),
    },
    ofEmptyObject: median(pairs),
  }
}
