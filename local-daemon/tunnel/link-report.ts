import { cutText } from '../../protocol/encoding/cut-text.ts'
import type { EdgeReport } from '../edge/edge-link.ts'
import type { LinkReport } from '../edge/link-report.ts'
import type { LinkCounts } from './link-meter.ts'
import type { TunnelStatus } from './tunnel-status.ts'

/** Longest `last_error`, characters: part of it is what the other side has said. */
const ERROR_CHARACTERS = 300

/** What the link is now, as `GET /v1/tunnel` tells of it. */
export function linkReport(
  status: TunnelStatus,
  counts: LinkCounts,
  policy: EdgeReport,
): LinkReport {
  const connected = status.state === 'connected'
  const { roundTripMs } = counts
  return {
    object: 'tunnel',
    configured: true,
    state: status.state,
    gateway_url: status.gateway_url,
    generation: status.generation,
    since: status.since,
    last_connected_at: status.last_connected_at,
    rival_at: status.rival_at,
    last_error: status.last_error === null ? null : cutText(status.last_error, ERROR_CHARACTERS),
    round_trip_ms: connected && roundTripMs !== null ? Math.round(roundTripMs * 10) / 10 : null,
    clock_offset_ms: status.clock_offset_ms,
    reconnects: status.reconnects,
    open_streams: status.open_streams,
    subscribers: status.subscribers,
    groups: status.groups,
    requests: counts.requests,
    bytes_in: counts.bytesIn,
    bytes_out: counts.bytesOut,
    messages_out: counts.messagesOut,
    // Every version is pushed the moment it is there, so what home has is what was sent.
    policy: { sent: connected ? policy.version : null, acknowledged: status.policy_version },
  }
}
