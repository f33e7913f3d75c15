import { cpus } from 'node:os'
import type { AppendResult } from './measure-append.ts'
import type { BulkResult } from './measure-bulk.ts'
import type { EventsResult } from './measure-events.ts'
import type { FairnessResult } from './measure-fairness.ts'
import type { FloorResult } from './floor/measure-floor.ts'
import type { ImportResult } from './import/measure-import.ts'
import type { SmallResult } from './measure-small.ts'
import type { SubscribersResult } from './measure-subscribers.ts'
import type { StoreResult } from './measure-store.ts'
import type { StalledResult } from './measure-stalled.ts'
import type { MillionResult } from './million/measure-million.ts'
import type { Spread } from './statistics.ts'

/** What was measured: a part that was not asked for is absent, and so are its figures. */
export interface Measurements {
  readonly tool: string
  /** Over one connection, and over many. */
  readonly small?: readonly SmallResult[] | undefined
  readonly append?: AppendResult | undefined
  readonly store?: StoreResult | undefined
  readonly million?: MillionResult | undefined
  readonly import?: ImportResult | undefined
  readonly bulk?: BulkResult | undefined
  readonly events?: EventsResult | undefined
  readonly fairness?: FairnessResult | undefined
  readonly stalled?: StalledResult | undefined
  readonly subscribers?: SubscribersResult | undefined
  readonly floor?: FloorResult | undefined
}

/** Each ratio by its stable name, with its spread where several rounds gave one. */
export function ratios(measurements: Measurements): Readonly<Record<string, Spread>> {
  const { small, append, store, million, bulk, fairness, subscribers, floor } = measurements
  const many = small?.at(-1)
  const one = small?.[0]
  const all: Readonly<Record<string, Spread | undefined>> = {
    cpu_object_of_gateway: many?.cpuObjectOfGateway,
    cpu_object_of_gateway_1_connection: one?.cpuObjectOfGateway,
    cpu_direct_of_home: many?.cpuDirectOfHome,
    cpu_direct_of_home_1_connection: one?.cpuDirectOfHome,
    small_get_of_empty_object: many?.ofEmptyObject,
    small_get_of_empty_object_1_connection: one?.ofEmptyObject,
    post_of_direct_get: append?.postOfDirectGet,
    append_of_raw_sqlite: append?.ofRawSqlite,
    store_bytes_of_canonical: store && single(store.bytesOfCanonical),
    changes_ndjson_of_store: store?.ndjsonOfStore,
    start_million_of_10k: million?.startOfSmall,
    narrow_reach_million_of_10k: million?.narrowOfSmall,
    import_of_verify_rate: measurements.import?.signedOfVerify,
    import_floor_of_verify_rate: measurements.import?.signedFloorOfVerify,
    import_drafts_of_raw_sqlite: measurements.import?.draftsOfRawSqlite,
    import_drafts_floor_of_raw_sqlite: measurements.import?.draftsFloorOfRawSqlite,
    single_append_p99_during_import: measurements.import?.singleP99During,
    bulk_down_of_object_stream: bulk?.downOfObjectStream,
    bulk_up_of_object_sink: bulk?.upOfObjectSink,
    bulk_up_of_object_large_sink: bulk?.upOfObjectLargeSink,
    small_reply_p99_under_bulk: fairness?.p99Ratio,
    event_copies_from_home: subscribers && single(subscribers.delivery.copies),
    delivery_p99_beside_stalled:
      subscribers && single(subscribers.besideStalled.p99Ms / subscribers.delivery.p99Ms),
    floor_get_of_empty_object: floor?.getOfEmptyObject,
    floor_post_of_direct_get: floor?.postOfDirectGet,
    floor_append_of_raw_sqlite: floor?.appendOfRawSqlite,
    floor_bulk_down: floor?.bulk.downOfObjectStream,
    floor_bulk_down_behind_front: floor?.behindFront.downOfObjectStream,
    floor_small_reply_p99: floor?.bulk.p99Ratio,
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** The stable JSON: ratios first, because absolutes belong to one machine on one day. */
export function report(measurements: Measurements): object {
  const {
    tool,
    small,
    append,
    store,
    million,
    bulk,
    events,
    fairness,
    stalled,
    subscribers,
    floor,
  } = measurements
  const found = Object.entries(ratios(measurements))
  return {
    object: 'benchmark',
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    load_tool: tool,
    ratios: Object.fromEntries(found.map(([name, { median }]) => [name, round(median)])),
    spread: Object.fromEntries(
      found.map(([name, { min, max }]) => [name, [round(min), round(max)]]),
    ),
    memory: {
      ...(stalled && {
        stalled_readers: stalled.readers,
        // Beyond what the same readers cost the runtime when no gateway is in between.
        gateway_growth_mib: round(stalled.gatewayTotalGrowthMib - stalled.platformGrowthMib),
        daemon_growth_mib: round(stalled.daemonGrowthMib),
        gateway_total_growth_mib: round(stalled.gatewayTotalGrowthMib),
        platform_growth_mib: round(stalled.platformGrowthMib),
      }),
      ...(million && { million_mib: round(million.memoryMib) }),
      ...(subscribers && {
        gateway_kib_per_subscriber: round(subscribers.gatewayKibPerSubscriber),
        daemon_kib_per_subscriber: round(subscribers.daemonKibPerSubscriber),
      }),
    },
    cpu_us_per_request: {
      ...Object.fromEntries(
        (small ?? []).map(({ connections, cpu }) => [`${connections}_connections`, cpu]),
      ),
      ...(append && { post: append.cpu }),
      ...(bulk && {
        mib_down: bulk.cpuDown,
        mib_up: bulk.cpuUp,
        mib_of_object_stream: bulk.cpuObjectStream,
      }),
      ...(floor && {
        floor_get: floor.cpuGet,
        floor_post: floor.cpuPost,
        floor_mib_down: floor.bulk.cpuDown,
        floor_mib_down_behind_front: floor.behindFront.cpuDown,
      }),
    },
    absolutes: {
      small: small?.map((result, at) => ({
        ...result,
        subjects: {
          ...result.subjects,
          ...(append && { post: at === 0 ? append.postOne : append.post }),
        },
      })),
      append,
      store,
      million,
      import: measurements.import,
      bulk_mib_per_second: bulk && {
        ...bulk,
        downOfObjectStream: bulk.downOfObjectStream.median,
        upOfObjectSink: bulk.upOfObjectSink.median,
        upOfObjectLargeSink: bulk.upOfObjectLargeSink.median,
      },
      events,
      fairness,
      subscribers,
      floor_bulk: floor?.bulk,
    },
  }
}

function single(value: number): Spread {
  return { median: value, min: value, max: value }
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null
}
