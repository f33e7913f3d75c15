import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../home/home.ts'
import type { Check } from '../doctor/check.ts'
import { exposureOf } from '../doctor/exposure-of.ts'
import { failure, pass, skip } from '../doctor/outcomes.ts'
import { accessChecks } from '../doctor/access-checks.ts'
import { linkChecks } from '../doctor/link-checks.ts'
import { machineChecks } from '../doctor/machine-checks.ts'
import { probeOwn } from '../doctor/probe-own.ts'
import { publicOrigins } from '../doctor/public-origins.ts'
import { type Finding, gatherFindings } from '../doctor/finding.ts'
import { survey, type Survey } from '../doctor/survey.ts'
import { probeCors } from '../doctor/outside/cors.ts'
import type { Plan } from './plan.ts'
import { isProxy, type Way } from './use-case.ts'

/** Milliseconds until the gateway must be connected, and have the newest policy. */
const LINK_TIMEOUT_MS = 15_000
const RETRY_MS = 200

/** What of the state of this machine belongs to the proof; the rest is for `spl doctor`. */
const HERE: ReadonlySet<string> = new Set([
  'daemon',
  'auth',
  'strict',
  'origins',
  'link',
  'edge-policy',
])

export interface PlanToProve {
  readonly home: Home
  readonly plan: Plan
  /** Origins whose pages it was made for. */
  readonly asked: readonly string[]
  /** One that was named for it; see `probeOwn`. */
  readonly bearer: string | undefined
  /** Is told each finding as soon as it is known. */
  readonly report: (finding: Finding) => void
}

/** Shows that the plan worked: by what the daemon says, and then from outside, through the address that others will use. */
export async function provePlan({
  home,
  plan,
  asked,
  bearer,
  report,
}: PlanToProve): Promise<readonly Finding[]> {
  const { findings, add } = gatherFindings(report)
  const seen = await settledSurvey(home, plan.way)
  const now = Date.now()
  const here = [...machineChecks(seen), ...accessChecks(seen, now / 1000), ...linkChecks(seen, now)]
  for (const check of here) {
    if (HERE.has(check.name) && check.status !== 'skip') add(check)
  }
  add(addressCheck(seen, plan))
  if (seen.running === undefined) return findings
  const address = new URL(seen.running.address)
  const allowed = seen.daemon?.settings.auth_cors_origins ?? []
  for (const allowedOrigin of plan.use === 'browser' ? asked : []) {
    const otherOrigins = allowed.filter((one) => one !== allowedOrigin).length
    const cors = await probeCors({ origin: address, bearer, allowedOrigin, otherOrigins })
    add({ ...cors, target: address.origin })
  }
  if (plan.url === null) return findings
  const origin = new URL(plan.url)
  const known = await publicOrigins(seen)
  const own = known.find((one) => one.origin.origin === origin.origin)
  await probeOwn(own ?? { origin, ca: undefined }, { seen, bearer, asked, add })
  return findings
}

/** A link that was just asked for takes a moment to be there. */
async function settledSurvey(home: Home, way: Way): Promise<Survey> {
  const deadline = performance.now() + LINK_TIMEOUT_MS
  for (;;) {
    const seen = await survey(home)
    if (way !== 'gateway' || performance.now() > deadline) return seen
    if (linkChecks(seen, Date.now()).every(({ status }) => status === 'pass')) return seen
    await sleep(RETRY_MS)
  }
}

/** Whether the daemon listens where the plan wants it, and nowhere else. */
function addressCheck({ running }: Survey, { way }: Plan): Check {
  const name = 'bind'
  if (running === undefined) return skip(name, 'no running daemon, so its address is unknown')
  const { address } = running
  const exposure = exposureOf(new URL(address)) ?? 'unknown'
  const wanted = way === 'tailnet' ? 'tailnet' : way === 'lan' ? 'private' : 'loopback'
  if (exposure === wanted) {
    const who = {
      loopback: 'this machine only',
      tailnet: 'the tailnet',
      private: 'the home network',
    }
    const more = isProxy(way) ? `, with ${way} in front` : ''
    return pass(name, `${address}: ${who[wanted]}${more}`, { address, exposure })
  }
  return failure(
    name,
    `it listens on ${address}, which is ${exposure}, not ${wanted}`,
    'spl serve --status shows how it was started; spl serve --restart --host <address>',
    { address, exposure },
  )
}
