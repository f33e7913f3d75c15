import { type Family, single } from '../../protocol/http/exposition.ts'
import { VERSION } from '../deployment/version.ts'
import { CAUSES, type Cause, type TrafficCounts } from './traffic-counts.ts'

/** How the object is at this moment. */
export interface GatewayState {
  /** Home's newest connection has greeted and takes requests. */
  readonly connected: boolean
  /** Number of home's newest connection; 0: there never was one. */
  readonly generation: number
  readonly subscribers: number
  readonly groups: number
  readonly openStreams: number
  readonly parked: number
}

const KINDS = [
  'plain',
  'websocket',
  'events',
  'resume',
  'cors',
  'challenge',
  'connect',
  'metrics',
] as const
const SENDERS: readonly (readonly [string, Cause])[] = [
  ['daemon', 'daemon_message'],
  ['subscriber', 'subscriber_ack'],
]
const ENDS: readonly (readonly [string, Cause])[] = [
  ['daemon', 'daemon_close'],
  ['subscriber', 'subscriber_close'],
]

/** What the object has counted and how it is, as metrics (docs/observability.md). */
export function gatewayMetrics(counts: TrafficCounts, state: GatewayState): readonly Family[] {
  return [...traffic(counts), ...present(state), about()]
}

function traffic({ since, calls, wakes, sums, refused }: TrafficCounts): readonly Family[] {
  const own = CAUSES.map((cause) => [cause, cause] as const)
  const kinds = KINDS.map((kind) => [kind, kind] as const)
  return [
    single(
      'spl_gateway_counted_since_seconds',
      'gauge',
      'When the counters began, Unix time.',
      since / 1000,
    ),
    labelled('wakes', 'cause', 'Times that the object was made, by what for.', own, wakes),
    labelled('requests', 'kind', 'Requests to the object, refused ones included.', kinds, calls),
    labelled('received_messages', 'from', 'WebSocket messages to the object.', SENDERS, calls),
    labelled('closed_sockets', 'of', 'WebSockets to the object that have ended.', ENDS, calls),
    counter('sent_messages', 'WebSocket messages to the daemon.', sums.sentMessages),
    counter('received_bytes', 'Bytes of messages from the daemon.', sums.receivedBytes),
    counter('sent_bytes', 'Bytes of messages to the daemon.', sums.sentBytes),
    counter('group_frames', 'Events from home for a whole group.', sums.groupFrames),
    counter('watch_seconds', 'Time that a timer kept the object awake.', sums.awakeMs / 1000),
    counter('parked_requests', 'Requests that were held for the return of home.', sums.parked),
    counter(
      'faults',
      'What has failed by a mistake of the gateway, settled and logged.',
      sums.faults,
    ),
    {
      name: 'spl_gateway_refused_requests_total',
      type: 'counter',
      help: 'Requests that the object refused, by problem code.',
      samples: Object.entries(refused).map(([code, value]) => ({ labels: { code }, value })),
    },
  ]
}

function present(state: GatewayState): readonly Family[] {
  const { connected, generation, subscribers, groups, openStreams, parked } = state
  return [
    gauge('daemon_connected', '1 while the daemon is connected, else 0.', connected ? 1 : 0),
    gauge('daemon_generation', 'Number of the newest connection of the daemon.', generation),
    gauge('subscribers', 'Clients of event streams.', subscribers),
    gauge('groups', 'Groups of such clients; home sends each one copy.', groups),
    gauge('open_streams', 'Requests to home that have not ended.', openStreams),
    gauge('waiting_requests', 'Requests that are held for the return of home.', parked),
  ]
}

function about(): Family {
  return {
    name: 'spl_gateway_build_info',
    type: 'gauge',
    help: 'Always 1; the version is in the label.',
    samples: [{ labels: { version: VERSION }, value: 1 }],
  }
}

function counter(name: string, help: string, value: number): Family {
  return single(`spl_gateway_${name}_total`, 'counter', help, value)
}

function gauge(name: string, help: string, value: number): Family {
  return single(`spl_gateway_${name}`, 'gauge', help, value)
}

/** @param series each value of the label, and what is counted under it */
function labelled(
  name: string,
  label: string,
  help: string,
  series: readonly (readonly [string, Cause])[],
  counted: Readonly<Record<Cause, number>>,
): Family {
  const samples = series.map(([text, cause]) => ({
    labels: { [label]: text },
    value: counted[cause],
  }))
  return { name: `spl_gateway_${name}_total`, type: 'counter', help, samples }
}
