import { cpus } from 'node:os'
import type { BulkResult } from './measure-bulk.ts'
import type { EventsResult } from './measure-events.ts'
import type { FairnessResult } from './measure-fairness.ts'
import type { SmallResult } from './measure-small.ts'
import type { Delivery, SubscribersResult } from './measure-subscribers.ts'
import type { StalledResult } from './measure-stalled.ts'

export interface Measurements {
  readonly tool: string
  readonly small: readonly SmallResult[]
  readonly bulk: BulkResult
  readonly events: EventsResult
  readonly fairness: FairnessResult
  readonly stalled: StalledResult
  readonly subscribers: SubscribersResult
}

/** The stable JSON: ratios first, because absolutes belong to one machine on one day. */
export function report(measurements: Measurements): object {
  const { tool, small, bulk, events, fairness, stalled, subscribers } = measurements
  return {
    object: 'benchmark',
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    load_tool: tool,
    ratios: {
      small_get_of_empty_object: round(small.at(-1)?.ofEmptyObject),
      small_get_of_empty_object_1_connection: round(small[0]?.ofEmptyObject),
      bulk_down_of_object_stream: round(bulk.downOfObjectStream),
      bulk_up_of_object_sink: round(bulk.upOfObjectSink),
      bulk_up_of_object_large_sink: round(bulk.upOfObjectLargeSink),
      small_reply_p99_under_bulk: round(fairness.p99Ratio),
      event_copies_from_home: round(subscribers.delivery.copies),
      delivery_p99_beside_stalled: round(
        subscribers.besideStalled.p99Ms / subscribers.delivery.p99Ms,
      ),
    },
    memory: {
      stalled_readers: stalled.readers,
      // Beyond what the same readers cost the runtime when no gateway is in between.
      gateway_growth_mib: round(stalled.gatewayTotalGrowthMib - stalled.platformGrowthMib),
      daemon_growth_mib: round(stalled.daemonGrowthMib),
      gateway_total_growth_mib: round(stalled.gatewayTotalGrowthMib),
      platform_growth_mib: round(stalled.platformGrowthMib),
      gateway_kib_per_subscriber: round(subscribers.gatewayKibPerSubscriber),
      daemon_kib_per_subscriber: round(subscribers.daemonKibPerSubscriber),
    },
    absolutes: { small, bulk_mib_per_second: bulk, events, fairness, subscribers },
  }
}

/** The same for a person. */
export function table(measurements: Measurements): string {
  const { small, bulk, events, fairness, stalled, subscribers } = measurements
  const lines = [`load by ${measurements.tool}`, '']
  for (const { connections, subjects, ofEmptyObject } of small) {
    lines.push(`small requests, ${connections} connection${connections === 1 ? '' : 's'}`)
    for (const [name, result] of Object.entries(subjects)) {
      const rate = `${Math.round(result.perSecond)}/s`.padStart(9)
      const failed = result.failed === 0 ? '' : `  ${result.failed} FAILED`
      lines.push(
        `  ${name.padEnd(9)}${rate}  p50 ${ms(result.p50Ms)}  p99 ${ms(result.p99Ms)}${failed}`,
      )
    }
    lines.push(`  gateway ÷ empty object        ${ratio(ofEmptyObject)}`, '')
  }
  lines.push(
    '256 MiB bodies, MiB/s',
    `  down  object ${whole(bulk.objectStream)}  gateway ${whole(bulk.down)}  ratio ${ratio(bulk.downOfObjectStream)}`,
    `  up    object ${whole(bulk.objectSink)}  gateway ${whole(bulk.up)}  ratio ${ratio(bulk.upOfObjectSink)}`,
    `        object with large reads ${whole(bulk.objectLargeSink)}  ratio ${ratio(bulk.upOfObjectLargeSink)}`,
    '',
    `event, append at home to public client   p50 ${ms(events.p50Ms)}  p99 ${ms(events.p99Ms)}`,
    `1 KiB reply, idle                        p50 ${ms(fairness.idle.p50Ms)}  p99 ${ms(fairness.idle.p99Ms)}`,
    `1 KiB reply, while a bulk download runs  p50 ${ms(fairness.underBulk.p50Ms)}  p99 ${ms(fairness.underBulk.p99Ms)}  p99 ratio ${ratio(fairness.p99Ratio)}`,
    `${stalled.readers} stalled readers of 1 GiB: gateway +${whole(stalled.gatewayTotalGrowthMib)} MiB (the runtime alone +${whole(stalled.platformGrowthMib)}), daemon +${whole(stalled.daemonGrowthMib)} MiB`,
    '',
    `${subscribers.subscribers} subscribers of one feed: ${delivery(subscribers.delivery)}`,
    `  the rest while ${subscribers.stalled} of them read nothing: ${delivery(subscribers.besideStalled)}`,
    `  each costs the gateway ${subscribers.gatewayKibPerSubscriber.toFixed(1)} KiB, the daemon ${subscribers.daemonKibPerSubscriber.toFixed(1)} KiB`,
  )
  return lines.join('\n')
}

function delivery({ p50Ms, p99Ms, copies }: Delivery): string {
  return `p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)}, ${copies.toFixed(2)} copies from home`
}

function round(value: number | undefined): number {
  return Math.round((value ?? Number.NaN) * 1000) / 1000
}

function ratio(value: number): string {
  return value.toFixed(2)
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}

function whole(value: number): string {
  return String(Math.round(value))
}
