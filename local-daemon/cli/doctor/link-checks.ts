import type { Check } from './check.ts'
import { failure, pass, skip, warning } from './outcomes.ts'
import type { Home } from '../../home/home.ts'
import type { Survey } from './survey.ts'
import { trustGateway } from './trust-gateway.ts'

/** Milliseconds in which a link that was just lost may come back before anybody is alarmed. */
const PATIENCE_MS = 60_000
/** How long a daemon that asked for this one's place counts as running, milliseconds. */
const RIVAL_MS = 5 * 60_000

/**
 * The link to the gateway, and whether the gateway decides by what the store says now.
 * @param now Unix time, milliseconds
 */
export function linkChecks({ daemon, home }: Survey, now: number): readonly Check[] {
  const link = daemon?.link
  if (daemon === undefined || link === undefined) {
    return [skip('link', 'no daemon answers'), skip('edge-policy', 'no daemon answers')]
  }
  if (!link.configured) {
    return [skip('link', 'no gateway is set up'), skip('edge-policy', 'no gateway is set up')]
  }
  if (link.state !== 'connected') {
    const reason = link.last_error === null ? '' : `: ${link.last_error}`
    const message = `${link.state}, not connected to ${link.gateway_url}${reason}`
    const young = now - link.since < PATIENCE_MS && link.last_connected_at !== null
    const fix = linkFix(link.last_error ?? '', home, daemon.health.instance_did)
    return [
      young ? warning('link', message, fix) : failure('link', message, fix),
      skip('edge-policy', 'the gateway is not connected'),
    ]
  }
  const rival = rivalCheck(link.rival_at, now)
  if (rival !== undefined) {
    return [rival, policyCheck(daemon.policyVersion, link.policy.acknowledged)]
  }
  return [
    pass('link', `connected to ${link.gateway_url}${roundTrip(link.round_trip_ms)}`, {
      round_trip_ms: link.round_trip_ms,
      reconnects: link.reconnects,
    }),
    policyCheck(daemon.policyVersion, link.policy.acknowledged),
  ]
}

/** The other one asks every 90 s at the latest: what is older than a few tries is over. */
function rivalCheck(at: number | null, now: number): Check | undefined {
  if (at === null || now - at > RIVAL_MS) return undefined
  const seconds = Math.round((now - at) / 1000)
  return failure(
    'link',
    `two daemons run with this identity: another one tried to connect ${seconds} s ago and was refused`,
    'on the other machine: spl serve --stop; records written there exist only in that copy of the home',
    { rival_at: at },
  )
}

function linkFix(error: string, home: Home, did = '<its identity>'): string {
  if (error.includes('--gateway-ca')) return trustGateway(home)
  if (error.includes('[CONNECT_PROOF_INVALID]')) {
    return `this daemon is not the owner of that gateway; where the gateway runs: spl gateway serve --owner ${did}`
  }
  if (error.includes('has no address in DNS')) {
    return 'check the spelling; to correct it: spl serve --restart --gateway https://<hostname>'
  }
  return 'spl gateway status shows where it fails; spl logs -f shows each attempt'
}

function roundTrip(ms: number | null): string {
  return ms === null ? '' : `, round trip ${ms} ms`
}

function policyCheck(wanted: number, acknowledged: number | null): Check {
  const name = 'edge-policy'
  const details = { version: wanted, acknowledged }
  if (acknowledged !== null && acknowledged >= wanted) {
    return pass(name, `the gateway has version ${acknowledged} of the policy, the newest`, details)
  }
  return warning(
    name,
    `the gateway has version ${acknowledged ?? 'none'} of the policy, the newest is ${wanted}`,
    'wait a moment and check again; if it persists: spl serve --restart',
    details,
  )
}
