import type { LinkReport } from './link-report.ts'
import { type Family, single } from '../../protocol/http/exposition.ts'

/** The link as metrics; none without a gateway. */
export function tunnelMetrics(link: LinkReport | undefined): Family[] {
  if (link === undefined) return []
  const { round_trip_ms, policy } = link
  return [
    single(
      'spl_tunnel_connected',
      'gauge',
      '1 while the gateway is connected, else 0.',
      link.state === 'connected' ? 1 : 0,
    ),
    single(
      'spl_tunnel_reconnects_total',
      'counter',
      'Connections after the first one.',
      link.reconnects,
    ),
    maybe(
      'spl_tunnel_round_trip_seconds',
      'Round trip of the last answered ping; absent without a connection.',
      round_trip_ms === null ? null : round_trip_ms / 1000,
    ),
    single(
      'spl_tunnel_open_streams',
      'gauge',
      'The gateway’s requests under way.',
      link.open_streams,
    ),
    single(
      'spl_tunnel_subscribers',
      'gauge',
      'Readers of event streams who have caught up.',
      link.subscribers,
    ),
    single(
      'spl_tunnel_groups',
      'gauge',
      'Groups of such readers; each gets one copy.',
      link.groups,
    ),
    single(
      'spl_tunnel_requests_total',
      'counter',
      'Requests that the gateway relayed.',
      link.requests,
    ),
    single(
      'spl_tunnel_received_bytes_total',
      'counter',
      'Bytes of messages from the gateway.',
      link.bytes_in,
    ),
    single(
      'spl_tunnel_sent_bytes_total',
      'counter',
      'Bytes of messages to the gateway.',
      link.bytes_out,
    ),
    single(
      'spl_tunnel_sent_messages_total',
      'counter',
      'WebSocket messages to the gateway.',
      link.messages_out,
    ),
    maybe(
      'spl_edge_policy_sent_version',
      'The policy last sent to the gateway; absent without a connection.',
      policy.sent,
    ),
    maybe(
      'spl_edge_policy_acknowledged_version',
      'The policy that the gateway keeps.',
      policy.acknowledged,
    ),
  ]
}

/** A gauge that has no sample while there is no value. */
function maybe(name: string, help: string, value: number | null): Family {
  return { name, help, type: 'gauge', samples: value === null ? [] : [{ value }] }
}
