import type { Home } from '../../home/home.ts'
import type { Check } from './check.ts'
import { skip } from './outcomes.ts'
import { probeOutside } from './outside/probe-outside.ts'
import { asideCheck } from './aside-check.ts'
import { searchCheck } from './search-check.ts'
import { accessChecks } from './access-checks.ts'
import { backupCheck } from './backup-check.ts'
import { bindCheck } from './bind-check.ts'
import { contentCheck } from './content-check.ts'
import { costCheck } from './cost-check.ts'
import { askEdge, clockCheck, type EdgeFacts } from './public-clock.ts'
import { drillCheck } from './drill-check.ts'
import { endedCheck } from './ended-check.ts'
import { fileChecks } from './file-checks.ts'
import { type Finding, gatherFindings } from './finding.ts'
import { keysCheck } from './keys-check.ts'
import { linkChecks } from './link-checks.ts'
import { machineChecks } from './machine-checks.ts'
import { offsiteCheck } from './offsite-check.ts'
import { probeOwn } from './probe-own.ts'
import { publicOrigins, type PublicOrigin } from './public-origins.ts'
import { sizeCheck } from './size-check.ts'
import { survey, type Survey } from './survey.ts'

export interface DoctorWish {
  readonly home: Home
  /** One that was named for this look, and that every public address may be shown. */
  readonly bearer: string | undefined
  /** Whether public addresses are asked at all. */
  readonly outside: boolean
  /** Whether to try what takes as long as the store is large. */
  readonly deep?: boolean
  /** Is told each finding as soon as it is known. */
  readonly report: (finding: Finding) => void
}

/** Looks at everything, in the order in which one thing rests on another. Nothing is changed. */
export async function runDoctor(wish: DoctorWish): Promise<readonly Finding[]> {
  const { findings, add } = gatherFindings(wish.report)
  const seen = await survey(wish.home)
  const now = Date.now()
  for (const check of machineChecks(seen)) add(check)
  add(sizeCheck(seen))
  add(searchCheck(seen))
  add(await contentCheck(seen))
  add(backupCheck(seen, now / 1000))
  add(offsiteCheck(seen))
  if (wish.deep === true) add(await drillCheck(seen.home, now / 1000))
  add(asideCheck(seen, now / 1000))
  for (const check of fileChecks(seen)) add(check)
  add(endedCheck(seen))
  add(keysCheck(seen.home, seen.daemon?.health.instance_did, now))
  for (const check of accessChecks(seen, now / 1000)) add(check)
  add(bindCheck(seen))
  for (const check of linkChecks(seen, now)) add(check)
  if (!wish.outside) return findings
  const origins = await publicOrigins(seen)
  const edge = origins[0] && (await askEdge(origins[0].origin, origins[0].ca))
  add(clockCheck(edge, seen.daemon?.link))
  add(priceCheck(seen, edge, now))
  if (origins.length === 0)
    add(skip('reachable', seen.daemon ? 'no public hostname is set up' : SILENT))
  for (const origin of origins) await probeOwn(origin, { seen, bearer: wish.bearer, add })
  return findings
}

/** A daemon elsewhere, as it is seen from here. */
export interface RemoteWish {
  readonly origin: PublicOrigin
  readonly bearer: string | undefined
  /** The daemon that was logged in to. */
  readonly expectedDid: string | undefined
  readonly report: (finding: Finding) => void
}

/** Looks at a daemon elsewhere from outside; what is on its machine is not to be seen from here. */
export async function runRemoteDoctor(wish: RemoteWish): Promise<readonly Finding[]> {
  const { origin, bearer, expectedDid } = wish
  const { findings, add } = gatherFindings(wish.report)
  add(clockCheck(await askEdge(origin.origin, origin.ca), undefined))
  await probeOutside({ ...origin, bearer, expectedDid }, (check) =>
    add({ ...check, target: origin.origin.origin }),
  )
  return findings
}

/** What a daemon that does not answer leaves open. */
const SILENT = 'no daemon answers, so its public hostname is unknown'

function priceCheck({ daemon, running }: Survey, edge: EdgeFacts | undefined, now: number): Check {
  const link = daemon?.link
  if (link === undefined || running === undefined) return skip('cost', SILENT)
  if (!link.configured) return skip('cost', 'no gateway is set up, so there is no cost')
  const seconds = (now - Date.parse(running.started_at)) / 1000
  return costCheck(link, seconds, edge?.onCloudflare)
}
