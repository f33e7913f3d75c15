import type { Check } from '../check.ts'
import { probeAuthentication } from './authentication.ts'
import { probeCertificate } from './certificate.ts'
import { probeClientAddress } from './client-address.ts'
import { probeCors } from './cors.ts'
import type { Outside } from './outside.ts'
import { probeDotPaths, probeEncodedPaths } from './paths.ts'
import { probePlainHttp } from './plain-http.ts'
import { probeReachable } from './reachable.ts'
import { probeStreaming } from './streaming.ts'
import { probeUpload } from './upload.ts'
import { probeWebSocket } from './websocket.ts'
import { whyUnreachable } from './why-unreachable.ts'

type Probe = (outside: Outside) => Promise<Check | readonly Check[]>

const OPEN: readonly (readonly [string, Probe])[] = [
  ['plain-http', probePlainHttp],
  ['authentication', probeAuthentication],
  ['dot-paths', probeDotPaths],
  ['cors', probeCors],
]
const WITH_TICKET: readonly (readonly [string, Probe])[] = [
  ['client-address', probeClientAddress],
  ['streaming', probeStreaming],
  ['websocket', probeWebSocket],
]
const WITH_BEARER: readonly (readonly [string, Probe])[] = [
  ['encoded-paths', probeEncodedPaths],
  ['upload', probeUpload],
]

/**
 * Everything that can be asked of an address from outside, one after the other, so that none disturbs another's
 * timing. Some seconds. Where the daemon does not answer at all, the rest is not asked.
 * @param report is told each check as soon as it is known
 */
export async function probeOutside(
  outside: Outside,
  report: (check: Check) => void = () => {},
): Promise<Check[]> {
  const checks: Check[] = []
  function add(found: Check | readonly Check[]) {
    for (const check of [found].flat()) {
      checks.push(check)
      report(check)
    }
  }
  const reachable = await probeReachable(outside)
  add(reachable)
  // The same fault is told once.
  if (reachable.details?.['kind'] !== 'dns') add(await probeCertificate(outside))
  if (reachable.status === 'fail') return checks
  for (const [name, probe] of OPEN) add(await tried(outside, name, probe))
  const known = outside.bearer !== undefined
  await addAll(WITH_TICKET, known || outside.ticket !== undefined)
  await addAll(WITH_BEARER, known)
  return checks

  async function addAll(probes: readonly (readonly [string, Probe])[], possible: boolean) {
    for (const [name, probe] of probes) {
      if (possible) add(await tried(outside, name, probe))
      else add({ name, status: 'skip', message: 'Needs a bearer token: --token' })
    }
  }
}

/** What breaks in the middle of a probe is what it found. */
async function tried(
  outside: Outside,
  name: string,
  probe: Probe,
): Promise<Check | readonly Check[]> {
  try {
    return await probe(outside)
  } catch (error) {
    const { message, fix, kind } = whyUnreachable(outside.origin, error)
    return { name, status: 'fail', message, fix, details: { kind } }
  }
}
