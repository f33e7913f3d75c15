import { countText } from '../../problem/count-text.ts'
import { bytesText } from '../../problem/bytes-text.ts'
import type { LinkReport } from '../../edge/link-report.ts'
import { localTime } from '../output/local-time.ts'

/** `GET /v1/tunnel`. */
export type Link = { readonly object: 'tunnel'; readonly configured: false } | LinkReport

type Row = readonly [name: string, value: string | undefined]

/** The link for people: names and values, for `fields`. */
export function linkRows(link: Link): readonly Row[] {
  if (!link.configured) return [['Link', 'not configured']]
  const { generation, round_trip_ms, last_error, last_connected_at, policy } = link
  const connection = generation === null ? '' : ` (generation ${generation})`
  return [
    ['Link', `${link.state}${connection} since ${timeText(link.since)}`],
    ['Link to', link.gateway_url],
    ['Connected', link.state === 'connected' ? undefined : lastText(last_connected_at)],
    ['Round trip', round_trip_ms === null ? undefined : `${round_trip_ms} ms`],
    ['Reconnects', String(link.reconnects)],
    ['Streams', `${link.open_streams} open, ${link.requests} requests so far`],
    ['Subscribers', link.subscribers === 0 ? undefined : subscribersText(link)],
    ['Traffic', `${bytesText(link.bytes_in)} in, ${bytesText(link.bytes_out)} out`],
    ['Policy', policyText(policy)],
    ['Two daemons', link.rival_at === null ? undefined : rivalText(link.rival_at)],
    ['Last error', last_error ?? undefined],
  ]
}

function rivalText(at: number): string {
  return `another daemon with this identity tried to connect at ${timeText(at)}: a copy of this home runs on another machine; stop one of the two`
}

function subscribersText({ subscribers, groups }: LinkReport): string {
  return `${subscribers}, in ${countText(groups, 'group')}`
}

function policyText({ sent, acknowledged }: LinkReport['policy']): string | undefined {
  if (sent === null) return undefined
  return acknowledged === sent
    ? `version ${sent}, acknowledged`
    : `version ${sent} sent, ${acknowledged ?? 'none'} acknowledged`
}

function lastText(ms: number | null): string {
  return ms === null ? 'not yet' : `last at ${timeText(ms)}`
}

function timeText(ms: number): string {
  return localTime(ms / 1000)
}
