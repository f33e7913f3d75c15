import type { CpuPerRequest } from './cpu-time.ts'
import type { LoadResult } from './load.ts'
import type { AppendResult } from './measure-append.ts'
import type { FloorResult } from './floor/measure-floor.ts'
import type { ImportResult } from './import/measure-import.ts'
import type { BulkResult } from './measure-bulk.ts'
import type { FairnessResult } from './measure-fairness.ts'
import type { SmallResult } from './measure-small.ts'
import type { StoreResult } from './measure-store.ts'
import type { MillionResult } from './million/measure-million.ts'
import type { StalledResult } from './measure-stalled.ts'
import type { Delivery, SubscribersResult } from './measure-subscribers.ts'
import { ratios, type Measurements } from './report.ts'
import type { Spread } from './statistics.ts'

/** What was measured, for a person: figures first, then the ratios by their names in the JSON. */
export function table(measurements: Measurements): string {
  const { small, append, store, bulk, events, fairness, stalled, subscribers, floor } = measurements
  return [
    `load by ${measurements.tool}`,
    '',
    ...(small ?? []).flatMap(smallLines),
    ...(append ? appendLines(append) : []),
    ...(store ? storeLines(store) : []),
    ...(measurements.million ? millionLines(measurements.million) : []),
    ...(measurements.import ? importLines(measurements.import) : []),
    ...(bulk ? bulkLines(bulk) : []),
    ...(events
      ? [
          `event, append at home to public client   p50 ${ms(events.p50Ms)}  p99 ${ms(events.p99Ms)}`,
        ]
      : []),
    ...(fairness ? fairnessLines(fairness) : []),
    ...(stalled ? [stalledLine(stalled)] : []),
    ...(subscribers ? subscriberLines(subscribers) : []),
    ...(floor ? floorLines(floor) : []),
    ...ratioLines(measurements),
  ].join('\n')
}

/** The ratios alone. */
function ratioLines(measurements: Measurements): string[] {
  const lines = Object.entries(ratios(measurements)).map(
    ([name, value]) => `  ${name.padEnd(40)}${spreadText(value)}`,
  )
  return ['ratios: median of the rounds (lowest–highest)', ...lines]
}

function smallLines({ connections, subjects, cpu }: SmallResult): string[] {
  return [
    `small requests, ${connections} connection${connections === 1 ? '' : 's'}`,
    ...(Object.keys(subjects) as (keyof typeof subjects)[]).map(
      (name) => `${rateText(name, subjects[name])}  CPU ${cpuText(cpu[name])}`,
    ),
    '',
  ]
}

function importLines(of: ImportResult): string[] {
  return [
    'bulk appends on loopback',
    `  signed elsewhere   ${Math.round(of.signedPerSecond)}/s; signatures alone ${Math.round(of.verifyPerSecond)}/s, signatures and rows ${Math.round(of.signedFloorPerSecond)}/s`,
    `  drafts             ${Math.round(of.draftsPerSecond)}/s; rows of better-sqlite3 alone ${Math.round(of.rawSqlitePerSecond)}/s, signatures and rows ${Math.round(of.draftsFloorPerSecond)}/s`,
    `  a single append    p99 ${ms(of.singleP99Ms)}, during an import ${ms(of.singleDuringP99Ms)}`,
    '',
  ]
}

function appendLines({ post, postOne, direct, rawSqlitePerSecond, cpu }: AppendResult): string[] {
  return [
    'appends',
    rateText('gateway, 1', postOne),
    `${rateText('gateway, 32', post)}  CPU ${cpuText(cpu)}`,
    rateText('direct, 32', direct),
    `  better-sqlite3 alone, 32 rows a transaction: ${whole(rawSqlitePerSecond)} rows/s`,
    '',
  ]
}

function storeLines(of: StoreResult): string[] {
  const { records, bytesPerRecord, changesPerSecond, ndjsonPerSecond } = of
  const { median, min, max } = changesPerSecond
  return [
    `store of ${records} records: ${whole(bytesPerRecord)} bytes each, ${whole(median)}/s out of it for the changes feed (${whole(min)}–${whole(max)}), ${whole(ndjsonPerSecond.median)}/s of it over HTTP as NDJSON`,
    '',
  ]
}

function millionLines({ records, startMs, narrowMs, memoryMib, pages }: MillionResult): string[] {
  return [
    `store of ${records} records beside one of 10000`,
    `  start ${whole(startMs.million)} and ${whole(startMs.small)} ms, a narrow feed ${ms(narrowMs.million)} and ${ms(narrowMs.small)}`,
    `  ${whole(memoryMib)} MiB at most after all of it was read:`,
    ...pages.map(({ what, perSecond }) => `    ${what.padEnd(32)}${whole(perSecond)}/s`),
    '',
  ]
}

function bulkLines(bulk: BulkResult): string[] {
  return [
    '256 MiB bodies, MiB/s',
    `  down  object ${whole(bulk.objectStream)}  gateway ${whole(bulk.down)}  CPU of a MiB ${cpuText(bulk.cpuDown)}; the object's ${cpuText(bulk.cpuObjectStream)}`,
    `  up    object ${whole(bulk.objectSink)}  object with large reads ${whole(bulk.objectLargeSink)}  gateway ${whole(bulk.up)}  CPU of a MiB ${cpuText(bulk.cpuUp)}`,
    '',
  ]
}

function fairnessLines({ idle, underBulk }: Pick<FairnessResult, 'idle' | 'underBulk'>): string[] {
  return [
    `1 KiB reply, idle                        p50 ${ms(idle.p50Ms)}  p99 ${ms(idle.p99Ms)}`,
    `1 KiB reply, while a bulk download runs  p50 ${ms(underBulk.p50Ms)}  p99 ${ms(underBulk.p99Ms)}`,
    '',
  ]
}

function stalledLine(stalled: StalledResult): string {
  return `${stalled.readers} stalled readers of 1 GiB: gateway +${whole(stalled.gatewayTotalGrowthMib)} MiB (the runtime alone +${whole(stalled.platformGrowthMib)}), daemon +${whole(stalled.daemonGrowthMib)} MiB\n`
}

function subscriberLines(subscribers: SubscribersResult): string[] {
  return [
    `${subscribers.subscribers} subscribers of one feed: ${delivery(subscribers.delivery)}`,
    `  the rest while ${subscribers.stalled} of them read nothing: ${delivery(subscribers.besideStalled)}`,
    `  each costs the gateway ${subscribers.gatewayKibPerSubscriber.toFixed(1)} KiB, the daemon ${subscribers.daemonKibPerSubscriber.toFixed(1)} KiB`,
    '',
  ]
}

function floorLines({ cpuGet, cpuPost, bulk, behindFront }: FloorResult): string[] {
  return [
    'the smallest relay, without the gateway and its checks',
    `  GET, 32 connections   CPU ${cpuText(cpuGet)}`,
    `  POST, 32 connections  CPU ${cpuText(cpuPost)}`,
    `  256 MiB down          ${whole(bulk.down)} MiB/s  CPU of a MiB ${cpuText(bulk.cpuDown)}`,
    `  behind a front        ${whole(behindFront.down)} MiB/s  CPU of a MiB ${cpuText(behindFront.cpuDown)}`,
    ...fairnessLines(bulk),
  ]
}

function delivery({ p50Ms, p99Ms, copies }: Delivery): string {
  return `p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)}, ${copies.toFixed(2)} copies from home`
}

function rateText(name: string, { perSecond, p50Ms, p99Ms, failed }: LoadResult): string {
  const rate = `${whole(perSecond)}/s`.padStart(9)
  const failures = failed === 0 ? '' : `  ${failed} FAILED`
  return `  ${name.padEnd(12)}${rate}  p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)}${failures}`
}

/** Microseconds per request of each process. */
function cpuText(cpu: CpuPerRequest): string {
  return Object.entries(cpu)
    .map(([name, us]) => (us === null ? `${name} not available` : `${name} ${whole(us)} µs`))
    .join(', ')
}

function spreadText({ median, min, max }: Spread): string {
  if (Number.isNaN(median)) return 'not available'
  return min === max
    ? median.toFixed(2)
    : `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}

function whole(value: number): string {
  return String(Math.round(value))
}
