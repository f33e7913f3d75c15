import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Refusals } from '../../../gateway/front/refusal-counts.ts'
import { lifeLeft } from '../../../gateway/certificate-life.ts'
import { sayNoAddress } from '../../../network/no-address.ts'
import type { LinkReport } from '../../../edge/link-report.ts'
import { showCertificate, type ShownCertificate } from './certificate.ts'
import { lookBehind, type Behind } from './door.ts'
import { firstEvent } from './first-event.ts'
import { gatewayVersion } from './version.ts'
import type { OriginTarget } from '../../client/send-request.ts'
import { medianRoundTrip } from './round-trip.ts'

/** Milliseconds that each question may take: more than the ten seconds for which a gateway holds a request for a daemon that is away. */
const PATIENCE_MS = 15_000

export interface StatusRequest {
  readonly origin: URL
  /** PEM that is trusted beside the system's authorities. */
  readonly ca: string | undefined
  /** did:key of the daemon that is to answer; null where any may. */
  readonly expected: string | null
  /** The home's own view of the link; undefined where there is none. */
  readonly policy: LinkReport['policy'] | undefined
  /** Bearer for the event stream; undefined leaves that out. */
  readonly bearer: string | undefined
  /** Where that was found, in words: a refusal names it. */
  readonly bearerFrom: string | undefined
  /** What the gateway of this machine has noted of that. */
  readonly refusals: Refusals | undefined
}

export type CheckName =
  | 'dns'
  | 'tls'
  | 'gateway'
  | 'daemon'
  | 'policy'
  | 'round_trip'
  | 'event_stream'

/** One question and its answer. `ok` is null for what could not be asked. */
export interface Check {
  readonly name: CheckName
  readonly ok: boolean | null
  readonly detail: string
}

/** The `--json` of `spl gateway status`. */
export interface GatewayStatus {
  readonly object: 'gateway_status'
  readonly ok: boolean
  readonly url: string
  readonly checks: readonly Check[]
  readonly addresses: readonly string[]
  readonly certificate: ShownCertificate | null
  readonly instance_did: string | null
  /** Of the daemon, and of the gateway as far as the bearer may know. */
  readonly version: string | null
  readonly gateway_version: string | null
  readonly policy: LinkReport['policy'] | null
  readonly round_trip_ms: number | null
  readonly first_event_ms: number | null
  /** What the gateway on this machine has refused since it was started; null where none runs. */
  readonly refusals: Refusals | null
}

/**
 * Goes the whole way that a client goes, from the name to the daemon, and tells each step as it ends. A step that fails leaves out
 * those that need it.
 */
export async function gatewayStatus(
  request: StatusRequest,
  report: (check: Check) => void,
): Promise<GatewayStatus> {
  const { origin, ca, expected, policy, bearer } = request
  const target = { origin, ca }
  const steps = startSteps(report)
  const addresses = await steps.take('dns', () => resolved(origin))
  if (addresses === undefined) steps.block()
  const certificate = await steps.take('tls', () => shownBy(origin, ca))
  if (steps.failed() && certificate?.fault !== null) steps.block()
  const found = await steps.take('gateway', () => behindDoor(target, bearer))
  if (!steps.passed()) steps.block()
  const behind = found?.behind
  await steps.take('daemon', async () => [...judge(behind, expected), undefined])
  const connected = steps.passed()
  await steps.take('policy', async () => [...judgePolicy(policy), undefined])
  if (!connected) steps.block()
  const roundTrip = await steps.take('round_trip', async () => {
    const median = await medianRoundTrip(origin, ca, PATIENCE_MS)
    return [true, `${median} ms, median of five`, median]
  })
  const event = await steps.take('event_stream', () => firstOf(target, bearer, request.bearerFrom))
  const daemon = behind?.what === 'daemon' ? behind : undefined
  return {
    object: 'gateway_status',
    ok: steps.checks.every(({ ok }) => ok !== false),
    url: origin.origin,
    checks: steps.checks,
    addresses: addresses ?? [],
    certificate: certificate ?? null,
    instance_did: daemon?.instance_did ?? null,
    version: daemon?.version ?? null,
    gateway_version: found?.version ?? null,
    policy: policy ?? null,
    round_trip_ms: roundTrip ?? null,
    first_event_ms: event ?? null,
    refusals: request.refusals ?? null,
  }
}

/** What a step found: whether it is well, in words, and for the steps after it. */
type Found<Result> = readonly [ok: boolean | null, detail: string, result: Result]

/** Steps that are noted and reported one by one; after `block` no further step is tried. */
function startSteps(report: (check: Check) => void) {
  const checks: Check[] = []
  let blocked = false
  async function take<Result>(
    name: CheckName,
    run: () => Promise<Found<Result>>,
  ): Promise<Result | undefined> {
    const [ok, detail, result] = blocked
      ? ([null, 'not tried', undefined] as const)
      : await run().catch((error: unknown) => [false, reasonOf(error), undefined] as const)
    checks.push({ name, ok, detail })
    report({ name, ok, detail })
    return result
  }
  return {
    checks: checks as readonly Check[],
    take,
    block() {
      blocked = true
    },
    passed: () => checks.at(-1)?.ok === true,
    failed: () => checks.at(-1)?.ok === false,
  }
}

async function resolved(origin: URL): Promise<Found<string[]>> {
  const found = await addressesOf(origin.hostname)
  return [true, found.join(', '), found]
}

async function shownBy(
  origin: URL,
  ca: string | undefined,
): Promise<Found<ShownCertificate | undefined>> {
  if (origin.protocol === 'http:') return [null, 'plain http, on this machine only', undefined]
  const shown = await showCertificate(origin, ca, PATIENCE_MS)
  return [shown.fault === null && !shown.ends_soon, textOf(shown), shown]
}

interface BehindDoor {
  readonly behind: Behind
  /** Of the gateway, if the bearer may know it. */
  readonly version: string | undefined
}

async function behindDoor(
  target: OriginTarget,
  bearer: string | undefined,
): Promise<Found<BehindDoor>> {
  const behind = await lookBehind(target, PATIENCE_MS)
  if (behind.what === 'other') return [false, behind.reason, { behind, version: undefined }]
  const version = await gatewayVersion(target, bearer, PATIENCE_MS)
  const detail = version === undefined ? 'spl gateway' : `spl gateway, version ${version}`
  return [true, detail, { behind, version }]
}

async function firstOf(
  target: OriginTarget,
  bearer: string | undefined,
  bearerFrom = 'the token',
): Promise<Found<number | undefined>> {
  if (bearer === undefined) {
    return [null, 'needs a bearer token: SPL_TOKEN, or spl token save', undefined]
  }
  const first = await firstEvent(target, bearer, PATIENCE_MS).catch((cause: Error) => {
    if (!/^status 40[13]$/u.test(cause.message)) throw cause
    throw new Error(`${bearerFrom} was refused (${cause.message})`, { cause })
  })
  return [true, `first byte after ${first} ms`, first]
}

async function addressesOf(hostname: string): Promise<string[]> {
  const host = hostname.replaceAll(/^\[|\]$/gu, '')
  if (isIP(host) !== 0) return [host]
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

function textOf({ subject, issuer, valid_to, days_left, fault }: ShownCertificate): string {
  const day = valid_to.slice(0, 10)
  const now = Date.now()
  const left = lifeLeft({ validTo: Date.parse(valid_to) }, now)
  const end = days_left < 0 ? `expired on ${day}` : `until ${day} (${left})`
  return `${subject} by ${issuer}, ${end}${fault === null ? '' : `: not trusted, ${fault}`}`
}

function judge(behind: Behind | undefined, expected: string | null): [boolean, string] {
  if (behind?.what !== 'daemon') return [false, `not connected: ${behind?.reason ?? 'unknown'}`]
  const { instance_did, version } = behind
  if (expected !== null && instance_did !== expected) {
    return [false, `another daemon answers there: ${instance_did}, not ${expected}`]
  }
  return [true, `${expected === null ? instance_did : 'this one'}, spl ${version}`]
}

function judgePolicy(policy: LinkReport['policy'] | undefined): [boolean | null, string] {
  if (policy === undefined) return [null, 'known only at its home']
  const { sent, acknowledged } = policy
  if (sent === null) return [false, 'the daemon is not connected']
  return sent === acknowledged
    ? [true, `version ${sent}, acknowledged`]
    : [false, `version ${sent} sent, ${acknowledged ?? 'none'} acknowledged`]
}

function reasonOf(error: unknown): string {
  const { message, code, name } = error as NodeJS.ErrnoException
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time'
  const unnamed = sayNoAddress(error)
  if (unnamed !== undefined) return unnamed
  return message || code || 'failed'
}
